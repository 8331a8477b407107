// The server program: from a command line to an exit status.
#include "program/log.hpp"
#include "program/open_file_limit.hpp"
#include "program/options.hpp"
#include "program/out_of_memory.hpp"
#include "program/standard_descriptors.hpp"
#include "roger/signals.hpp"
#include "server/command_line.hpp"
#include "server/counters_text.hpp"
#include "server/output.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

/// How much later than it should the server may end.
constexpr std::chrono::milliseconds end_time{2000};

constexpr std::string_view out_of_memory =
    ": out of memory: raise the limit on it (ulimit -v), or lower --limit or --max-message";

constexpr std::string_view ended_by_force =
    "error: ended by force: the output does not take what is written to it\n";

/// `how` is SIG_BLOCK or SIG_UNBLOCK. A signal that comes when nobody hears it yet, or any more,
/// must not end the program as it does by default. Threads inherit what is blocked.
void change_mask(int how, std::initializer_list<int> signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (int const signal : signals) {
        ::sigaddset(&set, signal);
    }
    ::pthread_sigmask(how, &set, nullptr);
}

/// Of an output that hangs. write(2) alone, since handlers of signals call it; and neither a full
/// pipe nor the file that hangs may keep the end waiting for this sentence.
[[noreturn]] void end_by_force() {
    std::signal(SIGALRM, [](int) { std::_Exit(roger::status_failed); });
    change_mask(SIG_UNBLOCK, {SIGALRM});
    ::alarm(1);
    pollfd error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&error, 1, 0) == 1) {
        std::ignore = ::write(STDERR_FILENO, ended_by_force.data(), ended_by_force.size());
    }
    std::_Exit(roger::status_failed);
}

constexpr itimerval timer_of(std::chrono::milliseconds time) {
    itimerval timer{};
    timer.it_value.tv_sec = time.count() / 1000;
    timer.it_value.tv_usec = time.count() % 1000 * 1000;
    return timer;
}

/// The first alarm may come because the process was stopped, and not its output: then it ends soon.
void end_by_force_at_second_alarm(int /*signal*/) {
    static volatile std::sig_atomic_t alarms = 0;
    if (alarms != 0) {
        end_by_force();
    }
    alarms = 1;
    constexpr itimerval soon = timer_of(std::chrono::milliseconds(500));
    ::setitimer(ITIMER_REAL, &soon, nullptr);
}

/// Whatever the loops are doing then: a write to a file that hangs holds up its loop, and with it
/// the drain. Of several times the first to come stands.
void end_by_force_in(std::chrono::milliseconds time) {
    std::signal(SIGALRM, end_by_force_at_second_alarm);
    itimerval const timer = timer_of(time);
    itimerval before{};
    ::setitimer(ITIMER_REAL, &timer, &before);
    if (timerisset(&before.it_value) && timercmp(&before.it_value, &timer.it_value, <)) {
        ::setitimer(ITIMER_REAL, &before, nullptr);
    }
}

/// It has ended, or almost.
void do_not_end_by_force() {
    itimerval const none{};
    ::setitimer(ITIMER_REAL, &none, nullptr);
}

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
    roger::StandardError standard_error(command_line.log_level);
    roger::raise_open_file_limit();
    auto const output = roger::open_output(command_line, standard_error);
    roger::Server server(server_options(command_line.server, standard_error, *output),
                         output->handler());
    std::atomic<bool> served = false;
    auto const announce_counters = [&, terminal = ::isatty(STDERR_FILENO) == 1] {
        roger::Counters const counters = server.counters();
        standard_error.announce(terminal ? counters_text(counters) : to_string(counters));
    };
    auto const end_now = [&] {
        if (served) {
            end_by_force();  // the output does not let itself be closed
        }
        server.end_now();
        end_by_force_in(end_time);
    };
    auto const drain = [&, most = command_line.server.drain_timeout] {
        if (most) {
            end_by_force_in(*most + *most / 10 + end_time);  // a late loop has a tenth more
        }
    };
    roger::Signals const signals(
        server, {.on_user_signal = announce_counters, .on_stop = drain, .on_second_stop = end_now});
    change_mask(SIG_UNBLOCK, {SIGUSR1});
    roger::ServerResult const result = server.run();
    served = true;
    do_not_end_by_force();

    announce_counters();
    standard_error.close();
    output->flush_lines();
    int const status = result.success() ? roger::status_done : roger::status_failed;
    if (result.end == roger::ServerResult::End::drained) {
        change_mask(SIG_BLOCK, {SIGINT, SIGTERM, SIGUSR1});
        if (output->close()) {
            return status;
        }
    }
    // Sessions may be left that wait for the output, which may itself be waiting for a disk: there
    // is nothing to be gained from taking all down in order.
    std::_Exit(status);
}

int serve_in_classic_style(roger::ServerCommandLine const& command_line) {
    auto const& addresses = command_line.server.addresses;
    auto const address = addresses.empty() ? std::nullopt : std::optional(addresses[0]);
    roger::StandardError const standard_error(roger::LogLevel::info);
    change_mask(SIG_UNBLOCK, {SIGUSR1});
    bool const well =
        roger::serve_classic(*command_line.classic, address,
                             [&](std::string_view sentence) { standard_error.announce(sentence); });
    return well ? roger::status_done : roger::status_failed;
}

}  // namespace

// Only for want of memory can what comes before run_command_line() throw.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
    change_mask(SIG_BLOCK, {SIGUSR1});
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
