// The client program: from a command line to an exit status.
#include "client/classic.hpp"
#include "client/command_line.hpp"
#include "client/talk.hpp"
#include "program/options.hpp"
#include "program/standard_descriptors.hpp"

#include <iostream>

// Only for want of memory can what comes before run_command_line() throw.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
    CLI::App app;
    roger::ClientCommandLine command_line;
    roger::TalkOptions const& options = command_line.options;
    roger::describe_command_line(app, command_line);
    return roger::run_command_line(app, argc, argv, [&] {
        roger::open_missing_standard_descriptors();
        roger::let_writes_fail();
        if (command_line.classic && app.get_option("ADDRESS")->empty()) {
            std::cerr << "usage " << argv[0] << " hostname port\n";
            return roger::status_usage_error;
        }
        if (command_line.classic) {
            return roger::talk_classic(options.address, options.connect_timeout,
                                       options.ack_timeout)
                       ? roger::status_done
                       : roger::status_failed;
        }
        auto const print_error = [&app](std::string_view sentence) {
            roger::print_error(app, sentence);
        };
        return roger::run_client(options, print_error) ? roger::status_done : roger::status_failed;
    });
}
