// The server program: from a command line to an exit status.
#include "net/signal_mask.hpp"
#include "program/log.hpp"
#include "program/open_file_limit.hpp"
#include "program/options.hpp"
#include "program/out_of_memory.hpp"
#include "program/standard_descriptors.hpp"
#include "roger/signals.hpp"
#include "server/command_line.hpp"
#include "server/counters_text.hpp"
#include "server/forced_end.hpp"
#include "server/output.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace {

/// How much later than it should the server may end.
constexpr std::chrono::milliseconds end_time{2000};

constexpr std::string_view out_of_memory =
    ": out of memory: raise the limit on it (ulimit -v), or lower --limit or --max-message";

roger::ServerOptions server_options(roger::ServerOptions options,
                                    roger::StandardError const& standard_error,
                                    roger::Output& output) {
    options.log = standard_error.log();
    options.on_drain_ending = [&output] { output.abandon(); };
    options.on_started = [&standard_error](std::vector<roger::Address> const& addresses) {
        for (roger::Address const& address : addresses) {
            standard_error.announce(fmt::format("listening on {}", to_string(address)));
        }
    };
    return options;
}

int serve(roger::ServerCommandLine const& command_line) {
    roger::ForcedEnd forced_end;  // outlives all that can hang
    roger::StandardError standard_error(command_line.log_level);
    roger::raise_open_file_limit();
    auto const output = roger::open_output(command_line, standard_error);
    roger::Server server(server_options(command_line.server, standard_error, *output),
                         output->handler());
    std::atomic<bool> served = false;
    auto const announce_counters = [&, terminal = ::isatty(STDERR_FILENO) == 1] {
        roger::Counters const counters = server.counters();
        char const* const done = command_line.publishing.asked ? "stored" : "displayed";
        standard_error.announce(terminal ? counters_text(counters, done) : to_string(counters));
    };
    auto const bound_end = [&, most = command_line.server.drain_timeout] {
        if (most) {
            forced_end.in(*most + *most / 10 + end_time);  // a late loop has a tenth more
        }
    };
    auto const end_now = [&] {
        if (served) {
            forced_end.now();  // the output does not let itself be closed
        } else {
            server.end_now();
            forced_end.in(end_time);
        }
    };
    roger::Signals const signals(
        server,
        {.on_user_signal = announce_counters, .on_stop = bound_end, .on_second_stop = end_now});
    roger::block_stop_signals();
    roger::ServerResult const result = server.run();
    served = true;
    bound_end();  // also where no signal was the reason: to close an output can take for ever

    announce_counters();
    standard_error.close();
    output->flush_lines();
    int const status = result.success() ? roger::status_done : roger::status_failed;
    if (result.end == roger::ServerResult::End::drained && output->close()) {
        return status;
    }
    // Sessions may be left that wait for the output, which may itself be waiting for a disk: there
    // is nothing to be gained from taking all down in order.
    std::_Exit(status);
}

int serve_in_classic_style(roger::ServerCommandLine const& command_line) {
    auto const& addresses = command_line.server.addresses;
    auto const address = addresses.empty() ? std::nullopt : std::optional(addresses[0]);
    roger::StandardError const standard_error(roger::LogLevel::info);
    roger::change_signal_mask(SIG_UNBLOCK, {SIGUSR1});
    bool const well =
        roger::serve_classic(*command_line.classic, address,
                             [&](std::string_view sentence) { standard_error.announce(sentence); });
    return well ? roger::status_done : roger::status_failed;
}

}  // namespace

// Only for want of memory can what comes before run_command_line() throw.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
    // Until it is heard it must not end the program as it does by default.
    roger::change_signal_mask(SIG_BLOCK, {SIGUSR1});
    CLI::App app;
    roger::ServerCommandLine command_line;
    roger::describe_command_line(app, command_line);
    return roger::run_command_line(app, argc, argv, [&] {
        roger::open_missing_standard_descriptors();
        roger::let_writes_fail();
        roger::end_when_out_of_memory(app.get_name() + std::string(out_of_memory));
        return command_line.classic ? serve_in_classic_style(command_line) : serve(command_line);
    });
}
