// The server program: from a command line to an exit status.
#include "program/log.hpp"
#include "program/options.hpp"
#include "program/standard_descriptors.hpp"
#include "server/command_line.hpp"
#include "server/display.hpp"
#include "server/signals.hpp"
#include "server/sink.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace {

int serve(roger::ServerCommandLine const& command_line) {
    roger::StandardError standard_error(command_line.log_level);
    auto const announce = [&](std::string_view line) { standard_error.announce(line); };

    roger::Sink sink(STDOUT_FILENO);
    roger::Display display(sink, {.show = command_line.show,
                                  .sync = command_line.sync,
                                  .loops = command_line.server.threads});

    roger::ServerOptions options = command_line.server;
    options.log = standard_error.log();
    options.on_drain_ending = [&] { display.abandon(); };
    roger::Server server(options, [&](roger::Batch const& batch) { return display.show(batch); });

    roger::Outcome outcome;
    {
        roger::Signals const signals(server, announce);
        for (roger::Address const& address : server.addresses()) {
            announce(fmt::format("listening on {}", to_string(address)));
        }
        outcome = server.run();
    }
    announce(to_string(server.counters()));
    if (outcome.end != roger::Outcome::End::drained) {
        // Sessions are left that wait for the display, which may itself be waiting for a disk:
        // there is nothing to be gained from taking them down in order.
        standard_error.close();
        std::_Exit(roger::status_failed);
    }
    return outcome.success() ? roger::status_done : roger::status_failed;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app;
    roger::ServerCommandLine command_line;
    roger::describe_command_line(app, command_line);
    return roger::run_command_line(app, argc, argv, [&] {
        roger::open_missing_standard_descriptors();
        roger::let_writes_fail();
        return serve(command_line);
    });
}
