// The tutorial's own servers (--classic): clients that break off, outputs and systems that fail.
#include "support/datagram_peer.hpp"
#include "support/failing_calls.hpp"
#include "support/peer.hpp"
#include "support/sanitizers.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"
#include "system/classic_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace roger::test;

namespace {

std::string const forking = "--classic=forking";

void talk_classically(ServerProcess const& server) {
    Peer client = connected(server);
    client.send("hello\n");
    CHECK(client.receive_all() == tcp_ack);
}

std::string last_line(ServerProcess& server) {
    auto const lines = split_lines(server.process().err().last_words());
    return lines.empty() ? "" : lines.back();
}

/// Of a server that has ended: nothing is on its way any more.
std::size_t times_told_in_all(ServerProcess& server, std::string const& text) {
    auto const lines = split_lines(server.process().err().last_words());
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](std::string const& line) { return line.find(text) != std::string::npos; }));
}

/// Without a reader, and without room.
class FullPipe {
public:
    FullPipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
            throw Failure("pipe2: " + errno_text(errno));
        }
        reading_ = Descriptor(ends[0]);
        writing_ = Descriptor(ends[1]);
        while (::write(ends[1], "x", 1) == 1) {
        }
    }
    [[nodiscard]] Stdio writing() const { return Stdio::descriptor(writing_.get()); }

private:
    Descriptor reading_;
    Descriptor writing_;
};

/// The descriptor with which a server has opened its standard output, a pipe, for itself.
int own_output(ServerProcess const& server) {
    std::filesystem::path const descriptors = "/proc/" + std::to_string(server.id()) + "/fd";
    auto const output = std::filesystem::read_symlink(descriptors / "1");
    for (auto const& entry : std::filesystem::directory_iterator(descriptors)) {
        int const number = std::stoi(entry.path().filename());
        std::error_code gone;  // UBSan opens and closes some of its own
        if (number > STDERR_FILENO && std::filesystem::read_symlink(entry, gone) == output) {
            return number;
        }
    }
    throw Failure("no descriptor of its own for " + output.string());
}

}  // namespace

// --- clients that break off ---------------------------------------------------------------

TEST_CASE("classic server: a client that breaks off is told, and is no failure",
          "[classic][system]") {
    auto server = classic_server(tcp_address);
    connected(server).reset();
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(last_line(server) == "ERROR reading from socket: Connection reset by peer");
    CHECK(server.output() == "");
}

TEST_CASE("classic server: a client that does not wait for its acknowledgement is no failure",
          "[classic][system]") {
    TempDir const directory;
    std::string const address = "unix:" + directory / "s";
    auto server = classic_server(address);
    {
        Peer client = connected_at(address);
        Suspended const suspended(server.id());
        client.send("hello\n");
        client.close();
    }
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(last_line(server) == "ERROR writing to socket: Broken pipe");
    CHECK(server.output() == "A connection has been established\nhello\n");
}

TEST_CASE("classic server, forking: clients that break off do not concern the others",
          "[classic][system]") {
    auto server = classic_server(tcp_address, forking);
    for (int i = 0; i < 3; ++i) {
        connected(server).reset();
        talk_classically(server);
    }
    CHECK(server.stop() == Exit::with(0));
    CHECK(times_told_in_all(server, "ERROR reading from socket: Connection reset by peer") == 3);
}

// --- connections that cannot be accepted --------------------------------------------------

TEST_CASE("classic server: without descriptors for its only connection it ends",
          "[classic][failing-calls][system]") {
    FailingCalls calls;
    auto server = start_with(calls, {"--classic", tcp_address});
    calls.fail(Call::accept4, EMFILE, 1);
    std::optional<Peer> peer;
    {
        // One that ended during connect() would reset what connect() is about to report as made.
        Suspended const suspended(server.id());
        peer = connected(server);
    }
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(last_line(server) == "ERROR on accept: Too many open files");
}

TEST_CASE("classic server: an error of one connection leaves the next one to be served",
          "[classic][failing-calls][system]") {
    auto const* const option = GENERATE("--classic", "--classic=forking");
    int const error = GENERATE(ECONNABORTED, EPROTO, EPERM, EHOSTUNREACH);
    CAPTURE(option, std::strerror(error));
    FailingCalls calls;
    auto server = start_with(calls, {option, tcp_address});
    calls.fail(Call::accept4, error, 3);
    talk_classically(server);
    CHECK(calls.failures(Call::accept4) == 3);
    if (option == forking) {
        server.signal(SIGTERM);
    }
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(times_told_in_all(server, "ERROR") == 0);
}

TEST_CASE("classic server, forking: idle clients that take all descriptors do not end it",
          "[classic][system]") {
    need_scarce_descriptors();
    constexpr std::size_t most_open_files = 64;
    ServerSetup setup;
    setup.launch.open_files = most_open_files;
    auto server = classic_server(tcp_address, forking, std::move(setup));
    std::vector<Peer> clients;
    clients.reserve(most_open_files);
    for (std::size_t i = 0; i < most_open_files; ++i) {
        clients.push_back(connected(server));
    }
    eventually("it has none left", [&] {
        return times_told(server, "ERROR on accept, trying again: Too many open files") > 0;
    });
    for (Peer& client : clients) {
        client.send("hello\n");
        CHECK(client.receive_all() == tcp_ack);
    }
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("classic server, forking: short of resources it pauses, says so, and goes on",
          "[classic][failing-calls][system]") {
    int const error = GENERATE(EMFILE, ENFILE, ENOBUFS, ENOMEM);
    CAPTURE(std::strerror(error));
    FailingCalls calls;
    auto server = start_with(calls, {forking, tcp_address});
    Peer inside = connected(server);
    auto const begun = Clock::now();
    calls.fail(Call::accept4, error);
    Peer outside = connected(server);
    outside.send("outside\n");
    eventually("it has failed several times", [&] { return calls.failures(Call::accept4) > 3; });
    calls.succeed(Call::accept4);
    CHECK(outside.receive_all() == tcp_ack);
    double const seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    CHECK(static_cast<double>(calls.failures(Call::accept4)) <= seconds / 0.1 + 1);
    inside.send("inside\n");
    CHECK(inside.receive_all() == tcp_ack);
    CHECK(server.stop() == Exit::with(0));
    std::size_t const told = times_told_in_all(
        server, "ERROR on accept, trying again: " + std::string(std::strerror(error)));
    CHECK(told > 0);
    CHECK(static_cast<double>(told) <= seconds + 1);
}

TEST_CASE("classic server, UDP: short of memory it pauses, says so, and goes on",
          "[classic][failing-calls][system]") {
    FailingCalls calls;
    auto server = start_with(calls, {"--classic", "udp:127.0.0.1:0"});
    calls.fail(Call::recvfrom, ENOMEM, 1);
    auto client = DatagramPeer::to(server.address());
    client.send("hello\n");
    CHECK(client.receive() == udp_ack);
    CHECK(server.stop() == Exit::with(0));
    CHECK(times_told_in_all(server, "ERROR on recvfrom, trying again: Cannot allocate memory") ==
          1);
}

// --- outputs ------------------------------------------------------------------------------

TEST_CASE("classic server: nothing is acknowledged that was not written", "[classic][system]") {
    ServerSetup setup;
    setup.out = Stdio::file("/dev/full");
    auto server = ServerProcess::start({"--classic", tcp_address}, std::move(setup));
    Peer client = connected(server);
    client.send("hello\n");
    CHECK(client.receive_all() == "");
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(server.process().err().last_words().find("ERROR writing to standard output: ") !=
          std::string::npos);
}

TEST_CASE(
    "classic server: a message that its output does not take is given up at a signal, status 1",
    "[classic][failing-calls][system]") {
    TempDir const directory;
    std::string const kind = GENERATE("tcp", "forking", "udp", "unix");
    CAPTURE(kind);
    std::string const asked = kind == "unix"  ? "unix:" + directory / "s"
                              : kind == "udp" ? "udp:127.0.0.1:0"
                                              : tcp_address;
    FullPipe const output;
    FailingCalls calls;
    ServerSetup setup;
    setup.out = output.writing();
    calls.preload(setup.launch);
    auto server =
        classic_server(asked, kind == "forking" ? forking : "--classic", std::move(setup));
    std::string const address = kind == "unix" ? asked : server.address();
    calls.fail(Call::write, 0, every_time, own_output(server));  // counted
    auto const check_end = [&] {
        eventually("it stands at its output", [&] { return calls.failures(Call::write) > 0; });
        server.signal(SIGTERM);
        CHECK(server.wait_for_exit() == Exit::with(1));
        CHECK(last_line(server) ==
              "ERROR writing to standard output: it does not take what is written to it");
    };
    if (kind == "udp") {
        auto client = DatagramPeer::to(address);
        client.send("hello\n");
        check_end();
        CHECK(client.take_all() == 0);
    } else {
        Peer client = connected_at(address);
        client.send("hello\n");
        check_end();
        CHECK(client.receive_all() == "");
    }
    CHECK_FALSE(std::filesystem::exists(directory / "s"));
}

TEST_CASE("classic server: nobody reads its errors, and it serves and ends nevertheless",
          "[classic][system]") {
    auto server = classic_server(tcp_address, forking);
    server.process().err().stall();
    // More of them than a pipe has room for.
    for (int i = 0; i < 2'000; ++i) {
        connected(server).reset();
    }
    talk_classically(server);
    CHECK(server.stop() == Exit::with(0));
}

// --- signals that come late ---------------------------------------------------------------

TEST_CASE("classic server: a signal that comes again until the end does not change its status",
          "[classic][failing-calls][system]") {
    std::vector<std::string> const arguments =
        GENERATE(std::vector<std::string>{forking, tcp_address},
                 std::vector<std::string>{"--classic", "udp:127.0.0.1:0"});
    int const signal = GENERATE(SIGTERM, SIGINT);
    CAPTURE(arguments, signal);
    FailingCalls calls;
    auto server = start_with(calls, arguments);
    // The last of these calls are made when nobody hears a signal any more.
    calls.signal_at(Call::close, signal, every_time);
    server.signal(signal);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(calls.failures(Call::close) > 0);
}
