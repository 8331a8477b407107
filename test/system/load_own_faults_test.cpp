// What is no fault of the server's is not called one, and what is one stays one.
#include "support/datagram_server.hpp"
#include "support/files.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/milliseconds.hpp"
#include "support/network.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

LineServer::Options answering_wrongly() {
    return {.answer = [](std::size_t /*number*/, std::string const& /*message*/) {
        return LineServer::Reply{"what?\n"};
    }};
}

}  // namespace

TEST_CASE("Connections that were there in time are no failures", "[load][system]") {
    LineServer server({});
    // Many more than one look at the set of sockets returns.
    LoadProcess load({"--clients", "800", "--reconnect", "--duration", "1h", "--connect-timeout",
                      "500ms", "--ack-timeout", "none", "--assert", "never_connected=0",
                      server.address()});
    for (std::size_t stop = 1; stop <= 4; ++stop) {
        server.wait_for_messages(stop * 1000);
        load.signal(SIGSTOP);
        std::this_thread::sleep_for(1000ms);
        load.signal(SIGCONT);
    }
    load.signal(SIGINT);
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("never_connected") == 0);
    CHECK(result.exit == Exit::with(0));
}

TEST_CASE("Ports that have run out before the first client came are no failure of the server",
          "[load][system]") {
    need_network();
    Network const network;
    need_ports(network, 40'000, 40'009);
    Process server(network.inside(server_launch({"tcp:127.0.0.1:51717"})));
    server.err().read_until("listening on tcp:127.0.0.1:51717\n");
    auto const test = [&network](std::vector<std::string> const& arguments) {
        return run(network.inside(load_launch(arguments)));
    };
    for (int takes_some = 0; takes_some < 3; ++takes_some) {
        test({"--clients", "2", "--reconnect", "--messages", "20", "--source", "127.0.0.1",
              "127.0.0.1", "51717"});
    }
    auto const result =
        test({"--clients", "5", "--messages", "10", "--source", "127.0.0.1", "127.0.0.1", "51717"});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(3));
    CHECK(result.err ==
          "load: no verdict on 5 messages that were not acked (5 never connected): the load tester "
          "was late, or this host had no port, open file or memory left to connect with: use fewer "
          "--clients, more addresses (--source A-B), or a higher limit (ulimit -n)\n");
    CHECK(server.terminate() == Exit::with(0));
}

TEST_CASE("UDP's ports that have run out are no failure of the server", "[load][system]") {
    need_network();
    Network const network;
    need_ports(network, 40'000, 40'009);
    std::string const address = "udp:127.0.0.1:51717";
    std::vector<std::string> addresses = {address};
    for (int port = 40'000; port != 40'010; ++port) {
        addresses.push_back(fmt::format("udp:127.0.0.1:{}", port));
    }
    Process server(network.inside(server_launch(addresses)));
    server.err().read_until("listening on " + addresses.back() + '\n');
    auto const result = run(network.inside(load_launch(
        {"--clients", "5", "--rate", "50", "--duration", "1s", "--source", "127.0.0.1", address})));
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(3));
    CHECK(result.err.find("no port, open file or memory left") != std::string::npos);
}

TEST_CASE("A load tester that was stopped over its end sends what it has missed",
          "[load][system]") {
    std::vector<std::string> const clients =
        GENERATE(std::vector<std::string>{"--clients", "500", "--reconnect"},
                 std::vector<std::string>{"--clients", "20"});
    LineServer server({});
    std::size_t heard = 0;
    LoadResult result;
    // A slow machine may be at the end before it is stopped.
    CHECK(succeeds_given_time(2s, [&](Duration duration) {
        std::size_t const planned = 200 * static_cast<std::size_t>(duration / 1s);
        std::vector<std::string> arguments = {"--rate",        "200",           "--duration",
                                              in_ms(duration), "--ack-timeout", "none",
                                              server.address()};
        arguments.insert(arguments.begin(), clients.begin(), clients.end());
        LoadProcess load(arguments);
        server.wait_for_messages(heard + planned - 40);
        load.signal(SIGSTOP);
        bool const in_time = server.messages() < heard + planned;
        std::this_thread::sleep_for(1s);  // over the end
        load.signal(SIGCONT);
        result = load.result();
        heard = server.messages();
        return in_time && result.outcome("acked") == result.planned();
    }));
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("never_connected") == result.report.at("excused").at("never_connected"));
    CHECK(result.outcome("unsent") == result.report.at("excused").at("unsent"));
    CHECK((result.exit == Exit::with(0) || result.exit == Exit::with(3)));
}

TEST_CASE("Answers that wait unread behind many others are in time", "[load][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    LoadResult result;
    // A slow machine takes longer than a short timeout for all that is in flight.
    CHECK(succeeds_given_time(3s, [&](Duration timeout) {
        // One read takes some 3,400 answers.
        LoadProcess load({"--clients", "1", "--pipeline", "10000", "--duration", "1h",
                          "--ack-timeout", in_ms(timeout), server.address()});
        auto const wait_for_more = [&server] {
            auto const acked = server.counter("acknowledged");
            eventually("many more",
                       [&] { return server.counter("acknowledged") > acked + 20'000; });
        };
        wait_for_more();
        load.signal(SIGSTOP);
        std::this_thread::sleep_for(timeout + 1s);
        load.signal(SIGCONT);
        wait_for_more();
        load.signal(SIGINT);
        result = load.result();
        return result.outcome("timed_out") + result.outcome("connection_lost") == 0;
    }));
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("Sources that cannot connect to the server are a usage error", "[load][system]") {
    LineServer const server({});
    auto const of_other_family = run(load_launch({"--source", "::1", server.address()}));
    CHECK(of_other_family.exit == Exit::with(2));
    CHECK(of_other_family.err ==
          "load: --source: from ::1 nobody can connect to 127.0.0.1: give an IPv4 address to "
          "connect to one, and an IPv6 address to connect to one\n");
    auto const of_unix = run(load_launch({"--source", "127.0.0.1", "unix:@nobody"}));
    CHECK(of_unix.exit == Exit::with(2));
    CHECK(of_unix.err == "load: --source: a Unix socket is connected to from no address\n");
}

TEST_CASE("A message that fits into no datagram is no failure of the server", "[load][system]") {
    DatagramServer const server("udp:127.0.0.1:0", [](std::size_t number, std::string const&) {
        return std::vector{DatagramServer::Answer{.to = number}};
    });
    TempDir const directory;
    write_file(directory / "lines", "short\n" + std::string(70'000, 'x') + "\n");
    auto const too_long = run(load_launch({"--messages-from", directory / "lines", "--clients", "1",
                                           "--messages", "2", server.address()}));
    CHECK(too_long.exit == Exit::with(3));
    CHECK(too_long.err == "load: a message of 70000 bytes is more than a datagram to " +
                              server.address() + " can hold: make messages shorter\n");
    auto const empty =
        run(load_launch({"--message", "", "--clients", "1", "--messages", "1", server.address()}));
    CHECK(empty.exit == Exit::with(2));
    CHECK(empty.err.starts_with("load: an empty datagram holds no message: "));
}

TEST_CASE("A proven failure stays one where the report cannot be written", "[load][system]") {
    LineServer const server(answering_wrongly());
    TempDir const directory;
    auto launch = load_launch({"--clients", "1", "--messages", "1", "--json", "/dev/full", "--csv",
                               directory / "csv", server.address()});
    SECTION("as a file") {
        auto const ended = run(launch);
        CHECK(ended.exit == Exit::with(1));
        CHECK(ended.err ==
              "load: --json: cannot write /dev/full: No space left on device\n"
              "load: 1 of 1 message was not acked: 1 wrong answer\n");
    }
    SECTION("nor printed") {
        launch.out = Stdio::file("/dev/full");
        auto const ended = run(launch);
        CHECK(ended.exit == Exit::with(1));
        CHECK(ended.err ==
              "load: cannot write to standard output\n"
              "load: --json: cannot write /dev/full: No space left on device\n"
              "load: 1 of 1 message was not acked: 1 wrong answer\n");
    }
    CHECK(read_file(directory / "csv").starts_with("begin_s,"));
}

TEST_CASE("What was measured is told though the audit's file has gone", "[load][system]") {
    TempDir const directory;
    std::string const records = directory / "records";
    write_file(records, "");
    LineServer const server({.answer = [&](std::size_t /*number*/, std::string const& /*message*/) {
        std::filesystem::remove(records);
        return LineServer::Reply{};
    }});
    auto const result =
        run_load({"--clients", "1", "--messages", "3", "--audit", records, server.address()});
    CHECK(result.exit == Exit::with(3));
    CHECK(result.err == "load: --audit " + records + ": No such file or directory\n");
    CHECK(result.outcome("acked") == 3);
    CHECK(result.report.at("audit").is_null());
    auto const folder = run(load_launch({"--audit", directory.path(), server.address()}));
    CHECK(folder.exit == Exit::with(2));
    CHECK(folder.err.starts_with("load: --audit: cannot read "));
}

TEST_CASE("A moment that there is not is refused", "[load][system]") {
    for (std::string const moment : {"2026-02-31T00:00:00Z", "9999-01-01T00:00:00Z",
                                     "1969-12-31T23:59:59Z", "2026-11-26T24:00:00Z"}) {
        auto const ended = run(load_launch({"--start-at", moment, "127.0.0.1", "1"}));
        CAPTURE(moment);
        CHECK(ended.exit == Exit::with(2));
        CHECK(ended.err.starts_with("load: --start-at: '" + moment + "' is no moment: "));
    }
}

TEST_CASE("A test that nobody could begin took no time, whenever it was to begin",
          "[load][system]") {
    RefusingAddress const nobody;
    auto const result =
        run_load({"--clients", "1", "--start-at", "2199-01-01T00:00:00Z", nobody.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(1));
    CHECK(result.report.at("achieved").at("duration_s") < 60);
    CHECK(result.report.at("started") > "2026");
    CHECK(result.report.at("started") < "2199");
}

TEST_CASE("A line that comes before the first message is a fault", "[load][system]") {
    Listener listener("tcp:127.0.0.1:0");
    LoadProcess load({"--clients", "1", "--messages", "1", listener.address()});
    Peer peer = listener.accept();
    peer.send("I got your message\n");
    peer.receive_line();
    peer.send("I got your message\n");
    peer.wait_for_end();
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(1));
    CHECK(result.report.at("surplus_answers") == 1);
}

TEST_CASE("A load tester that lacks memory says what takes less", "[load][system]") {
    if constexpr (sanitized) {
        SKIP("sanitizers need more address space");
    }
    LineServer const server({});
    auto launch = load_launch({"--clients", "200", "--pipeline", "65536", "--size", "60000",
                               "--threads", GENERATE("1", "2"), server.address()});
    launch.address_space = 400'000'000;
    auto const ended = run(launch);
    CHECK(ended.exit == Exit::with(3));
    CHECK(ended.err ==
          "load: not enough memory: ask for fewer --clients, a smaller --pipeline or --size, or "
          "run on several machines and join their reports (load merge)\n");
}
