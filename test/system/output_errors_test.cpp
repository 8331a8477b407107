// Errors of standard output: those that pass, and those that are final.
#include "support/answers.hpp"
#include "support/failing_calls.hpp"
#include "support/flood.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

ServerProcess start_server(FailingCalls const& calls, std::vector<std::string> arguments,
                           std::optional<Stdio> out = {}) {
    ServerSetup setup;
    setup.out = std::move(out);
    calls.preload(setup.launch);
    arguments.emplace_back("127.0.0.1:0");
    return ServerProcess::start(std::move(arguments), std::move(setup));
}

/// Two messages, and their acks.
void check_serving(ServerProcess const& server) {
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    CHECK(peer.receive_line() == ack);
    peer.send("two\n");
    CHECK(peer.receive_line() == ack);
    peer.close();
}

}  // namespace

TEST_CASE("A sync that a signal interrupts is made again", "[output-errors][system]") {
    FailingCalls calls;
    auto server = start_server(calls, {"--sync"});
    calls.fail(Call::fdatasync, EINTR, 5);
    check_serving(server);
    CHECK(calls.failures(Call::fdatasync) == 5);
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "one\ntwo\n");
}

TEST_CASE("A sync that fails once is final: nothing is acked after it", "[output-errors][system]") {
    FailingCalls calls;
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_server(calls, {"--sync", "--threads", threads});
    Flood flood(server.address(), {});
    flood.run_until_acked(100);
    calls.fail(Call::fdatasync, EIO, 1);
    flood.run_until_ended();
    CHECK(server.wait_for_exit() == Exit::with(1));
    auto const said = server.process().err().read_all();
    CHECK(said.find("cannot write to standard output: Input/output error") != std::string::npos);
    auto const records = flood.records(server.output());
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        CAPTURE(client);
        CHECK(flood.acked(client) <= records.of_client[client]);
        CHECK(flood.last_words(client).find(ack) == std::string::npos);
        CHECK(flood.last_words(client).starts_with("error: "));
    }
}

TEST_CASE("A write that takes nothing for a while is made again after a pause",
          "[output-errors][system]") {
    FailingCalls calls;
    constexpr std::uint64_t times = 20;
    SECTION("to a file") {
        auto server = start_server(calls, {});
        int const error = GENERATE(EAGAIN, ENOMEM, ENOBUFS);
        CAPTURE(error);
        auto const start = Clock::now();
        calls.fail(Call::write, error, times, STDOUT_FILENO);
        check_serving(server);
        CHECK(calls.failures(Call::write) == times);
        // The first two come at once.
        CHECK(Clock::now() - start >= (times - 2) * 10ms);
        CHECK(server.stop() == Exit::with(0));
        CHECK(server.output() == "one\ntwo\n");
    }
    SECTION("to a socket") {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        Peer reader{Descriptor(ends[0])};
        Descriptor const writer(ends[1]);
        auto server = start_server(calls, {}, Stdio::descriptor(writer.get()));
        auto const start = Clock::now();
        calls.fail(Call::send, ENOBUFS, times, STDOUT_FILENO);
        check_serving(server);
        CHECK(calls.failures(Call::send) == times);
        CHECK(Clock::now() - start >= (times - 2) * 10ms);
        CHECK(reader.receive_exactly(8) == "one\ntwo\n");
        CHECK(server.stop() == Exit::with(0));
    }
}

TEST_CASE("A write that a signal interrupts is made again", "[output-errors][system]") {
    FailingCalls calls;
    auto server = start_server(calls, {});
    calls.fail(Call::write, EINTR, 20, STDOUT_FILENO);
    check_serving(server);
    CHECK(calls.failures(Call::write) == 20);
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "one\ntwo\n");
}

TEST_CASE("A write that fails once is final, also if the next one would not",
          "[output-errors][system]") {
    FailingCalls calls;
    int const error = GENERATE(ENOSPC, EDQUOT, EIO);
    CAPTURE(error);
    auto server = start_server(calls, {});
    calls.fail(Call::write, error, 1, STDOUT_FILENO);
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    CHECK(peer.receive_line() == "error: cannot display");
    CHECK(peer.receive_all() == "");
    peer.close();
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(server.output() == "");
}

TEST_CASE("A write of an event loop that fails once is final, also if the next one would not",
          "[output-errors][system]") {
    FailingCalls calls;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    Peer reader{Descriptor(ends[0])};
    Descriptor writer(ends[1]);
    auto server = start_server(calls, {"--threads", "2"}, Stdio::descriptor(writer.get()));
    writer.close();
    calls.fail(Call::send, EIO, 1, STDOUT_FILENO);
    Flood flood(server.address(), {});
    flood.run_until_ended();
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(flood.all_acked() == 0);
    CHECK(reader.receive_all() == "");
}

TEST_CASE("What only close() tells reaches the exit status", "[output-errors][system]") {
    FailingCalls calls;
    auto server = start_server(calls, {});
    calls.fail(Call::close, EDQUOT, every_time, STDOUT_FILENO);
    check_serving(server);
    CHECK(server.stop() == Exit::with(1));
    auto const said = server.process().err().read_all();
    CAPTURE(said);
    CHECK(said.find("closing standard output: Disk quota exceeded") != std::string::npos);
    CHECK(calls.failures(Call::close) == 1);
}

TEST_CASE("What only close() tells reaches the exit status of the classic server",
          "[output-errors][classic][system]") {
    FailingCalls calls;
    auto launch = server_launch({"--classic", "0"});
    calls.preload(launch);
    calls.fail(Call::close, EDQUOT, every_time, STDOUT_FILENO);
    Process server(launch);
    std::string const said = server.err().read_line();
    Peer peer = Peer::connect("tcp:127.0.0.1:" + port_text(said.substr(said.find("tcp:"))));
    peer.send("hello");
    CHECK(peer.receive_exactly(18) == "I got your message");
    CHECK(server.wait_for_exit() == Exit::with(1));
    CHECK(server.err().read_all() == "ERROR closing standard output: Disk quota exceeded\n");
    CHECK(calls.failures(Call::close) == 1);
}

TEST_CASE("A close() that a signal interrupts has closed, and is no loss",
          "[output-errors][system]") {
    FailingCalls calls;
    auto server = start_server(calls, {});
    calls.fail(Call::close, EINTR, every_time, STDOUT_FILENO);
    check_serving(server);
    CHECK(server.stop() == Exit::with(0));
    CHECK(calls.failures(Call::close) == 1);
    CHECK(server.process().err().read_all().find("closing") == std::string::npos);
    CHECK(server.output() == "one\ntwo\n");
}

TEST_CASE("With --sync the directory of the file is synced at the start",
          "[output-errors][system]") {
    FailingCalls calls;
    SECTION("again if a signal interrupts it") {
        calls.fail(Call::fsync, EINTR, 3);
        auto server = start_server(calls, {"--sync"});
        CHECK(calls.failures(Call::fsync) == 3);
        check_serving(server);
        CHECK(server.stop() == Exit::with(0));
        CHECK(server.process().err().seen().find("directory") == std::string::npos);
    }
    SECTION("or whoever made the file is told to") {
        calls.fail(Call::fsync, EIO);
        auto server = start_server(calls, {"--sync"});
        CHECK(calls.failures(Call::fsync) == 1);
        check_serving(server);
        CHECK(server.stop() == Exit::with(0));
        auto const said = server.process().err().seen();
        CAPTURE(said);
        CHECK(said.find("cannot sync the directory of standard output (Input/output error)") !=
              std::string::npos);
    }
    SECTION("not without --sync") {
        calls.fail(Call::fsync, EIO);
        auto server = start_server(calls, {});
        check_serving(server);
        CHECK(server.stop() == Exit::with(0));
        CHECK(calls.failures(Call::fsync) == 0);
    }
}

TEST_CASE("A file that could be synced and fails at the start is no wrong usage",
          "[output-errors][system]") {
    TempDir const directory;
    int const error = GENERATE(EIO, ENOSPC, EDQUOT);
    CAPTURE(error);
    FailingCalls calls;
    auto launch = server_launch({"--sync", "127.0.0.1:0"});
    launch.out = Stdio::file(directory / "out");
    calls.preload(launch);
    calls.fail(Call::fdatasync, error, 1);
    auto const failed = run(launch);
    CHECK(failed.exit == Exit::with(1));
    CHECK(failed.err == "server: --sync: cannot sync standard output: " +
                            std::generic_category().message(error) + '\n');
}
