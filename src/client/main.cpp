// The client program: from a command line to an exit status.
#include "client/command_line.hpp"
#include "client/talk.hpp"
#include "program/options.hpp"
#include "program/standard_descriptors.hpp"

// Only for want of memory can what comes before run_command_line() throw.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
    CLI::App app;
    roger::ClientOptions options;
    roger::describe_command_line(app, options);
    return roger::run_command_line(app, argc, argv, [&] {
        roger::open_missing_standard_descriptors();
        roger::let_writes_fail();
        auto const complain = [&app](std::string_view sentence) { roger::complain(app, sentence); };
        return roger::run_client(options, complain) ? roger::status_done : roger::status_failed;
    });
}
