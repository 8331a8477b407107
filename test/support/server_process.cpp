// The server as its own process, ready to be talked to.
#include "support/server_process.hpp"

#include "support/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace roger::test {
namespace {

constexpr std::string_view announcement = "listening on ";

}  // namespace

void signal_until_it_ends(ServerProcess& server, int number) {
    eventually("a second signal ends it", [&server, number] {
        server.signal(number);
        return !server.process().runs();
    });
}

std::string announced(Process const& server) {
    std::string const line = server.err().read_line();
    if (!line.starts_with(announcement)) {
        throw Failure("no address is announced by " + legible(line));
    }
    return line.substr(announcement.size());
}

std::size_t times_told(ServerProcess& server, std::string const& text) {
    auto const lines = split_lines(server.process().err().seen());
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](std::string const& line) { return line.find(text) != std::string::npos; }));
}

Launch server_launch(std::vector<std::string> arguments) {
    return {.program = ROGER_SERVER, .arguments = std::move(arguments)};
}

Launch client_launch(std::vector<std::string> arguments) {
    return {.program = ROGER_CLIENT, .arguments = std::move(arguments), .in = Stdio::pipe()};
}

ServerProcess::ServerProcess(TempDir directory, Launch const& launch)
    : directory_(std::move(directory)), process_(launch) {}

ServerProcess ServerProcess::start(std::vector<std::string> arguments, ServerSetup setup) {
    TempDir directory;
    Launch launch = std::move(setup.launch);
    launch.program = ROGER_SERVER;
    launch.arguments = std::move(arguments);
    launch.out = setup.out ? *setup.out : Stdio::file(directory / "output");
    ServerProcess server(std::move(directory), launch);
    Deadline const deadline;
    while (server.addresses_.size() < setup.addresses) {
        auto const line =
            server.process_.err().read_line(std::chrono::milliseconds(deadline.poll_timeout()));
        if (line.starts_with(announcement)) {
            auto address = line.substr(announcement.size());
            if (address.ends_with('\r')) {
                address.pop_back();  // a terminal
            }
            server.addresses_.push_back(std::move(address));
        }
    }
    return server;
}

std::string ServerProcess::output_path() const {
    return directory_ / "output";
}

std::string ServerProcess::output() const {
    return read_file(output_path());
}

std::string ServerProcess::counters_line(Deadline deadline) {
    signal(SIGUSR1);
    for (;;) {
        auto line = process_.err().read_line(std::chrono::milliseconds(deadline.poll_timeout()));
        if (line.find("accepted=") != std::string::npos) {
            return line;
        }
    }
}

std::size_t ServerProcess::counter(std::string const& name, Deadline deadline) {
    auto const line = counters_line(deadline);
    auto const found = (' ' + line).find(' ' + name + '=');
    if (found == std::string::npos) {
        throw Failure(fmt::format("no {} in {}", name, legible(line)));
    }
    return std::stoul(line.substr(found + name.size() + 1));
}

}  // namespace roger::test
