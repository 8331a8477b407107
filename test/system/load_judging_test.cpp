// What load blames on the server, and what on itself.
#include "support/hosts.hpp"
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/network.hpp"
#include "support/peak_memory.hpp"
#include "support/peer.hpp"
#include "support/reserved_port.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(LoadResult const& result, std::string const& field) {
    return result.report.at("generator").at(field);
}

/// What is to be noticed takes its time.
void stop_for(std::chrono::milliseconds time, LoadProcess const& load) {
    load.signal(SIGSTOP);
    std::this_thread::sleep_for(time);
    load.signal(SIGCONT);
}

}  // namespace

TEST_CASE("A load tester that was stopped for a while blames nobody", "[load][system]") {
    LineServer server({});
    LoadProcess load({"--clients", "500", "--rate", "300", "--duration", "3s", "--assert",
                      "p99<400ms,failed=0", server.address()});
    server.wait_for_messages(100);
    stop_for(800ms, load);
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    // Unless this machine kept the server from its work for as long.
    if (result.percentile("service", 99) < 400'000) {
        CHECK(result.exit == Exit::with(3));
        CHECK(result.err.starts_with("load: no verdict on p99<400ms: p99 is "));
    } else {
        CHECK((result.exit == Exit::with(1) || result.exit == Exit::with(3)));
    }
    CHECK(result.report.at("generator").at("longest_stall_us").get<double>() >= 400'000);
    CHECK(result.percentile("response", 99) > 400'000);
}

TEST_CASE("A load tester that was stopped for a while has no objection to what holds all the same",
          "[load][system]") {
    LineServer server({});
    LoadProcess load({"--clients", "100", "--rate", "200", "--messages", "400", "--assert",
                      "p99<20s,failed=0", server.address()});
    server.wait_for_messages(100);
    stop_for(300ms, load);
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.err.empty());
}

TEST_CASE("A server that stands still is blamed, by clients that wait for it as well",
          "[load][system]") {
    LineServer const server({.stall = LineServer::Stall{.length = 1000ms, .every = 3000ms}});
    auto const result = run_load({"--clients", "600", "--rate", "200", "--duration", "3s",
                                  "--assert", "p99<500ms", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(text_of(result, "too_few_clients").empty());
    // Unless this machine kept the load tester from its work for half a second.
    CHECK((result.exit == Exit::with(1) || result.exit == Exit::with(3)));
    CHECK(result.percentile("response", 99) > 500'000);
}

TEST_CASE("Too few clients are not the server's fault", "[load][system]") {
    LineServer const server({.delays = {50ms}});
    auto const result = run_load({"--clients", "5", "--rate", "250", "--duration", "3s", "--assert",
                                  "p99<1s", server.address()});
    CAPTURE(result.out, result.err);
    bool const undisturbed =
        result.percentile("service", 90) < 60'000 && result.percentile("service", 100) < 120'000;
    if (!undisturbed) {  // this machine kept the server, or load, from its work
        CHECK((result.exit == Exit::with(1) || result.exit == Exit::with(3)));
        return;
    }
    CHECK(result.outcome("unsent") > 0);
    CHECK(result.exit == Exit::with(3));
    CHECK(text_of(result, "too_few_clients").find("raise --clients or --pipeline") !=
          std::string::npos);
    for (std::string const& line : split_lines(result.err)) {
        CHECK(line.starts_with("load: no verdict on "));
        CHECK(line.find("too few clients: 250/s with answers that take ") != std::string::npos);
    }
}

TEST_CASE("Too few clients are not the server's fault where answers outlast the run",
          "[load][system]") {
    LineServer const server({.delays = {4s}});
    auto const result =
        run_load({"--clients", "5", "--rate", "20", "--duration", "2s", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("acked") == 5);
    CHECK(result.outcome("unsent") == 35);
    CHECK(result.exit == Exit::with(3));
    CHECK(text_of(result, "too_few_clients").find("raise --clients") != std::string::npos);
}

TEST_CASE("A rate is achieved though the first answers take their time", "[load][system]") {
    LineServer const server({.delays = {2s}});
    auto const result = run_load({"--rate", "10", "--duration", "3s", "--assert", "rate>=6",
                                  "--assert", "rate<=10", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
}

TEST_CASE("Clients that were too few in the warm-up alone are not called so", "[load][system]") {
    // At the first rate, which is that of the warm-up, 8 messages would have to be in flight.
    LineServer const server({.delays = {400ms}});
    auto const result = run_load(
        {"--clients", "3", "--rate", "20-1:100ms,1:4s", "--warmup", "1s", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(text_of(result, "too_few_clients").empty());
}

TEST_CASE("Enough clients have messages in flight while answers take their time",
          "[load][system]") {
    LineServer const server({.delays = {50ms}});
    auto const result = run_load({"--clients", "100", "--rate", "250", "--messages", "500",
                                  "--assert", "p99<20s,failed=0", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == 500);
}

TEST_CASE("A server that takes less than is asked of it is to blame", "[load][system]") {
    // A second for all clients: much longer than this machine keeps the load tester from its work.
    LineServer const server({.service_time = 20ms});
    auto const result =
        run_load({"--clients", "50", "--rate", "1000", "--duration", "4s", server.address()});
    CAPTURE(result.out, result.err);
    CHECK(result.outcome("unsent") > 0);
    // Unless this machine kept the server from its first answers, or load from all of its work.
    bool const undisturbed =
        result.percentile("service", 10) < 700'000 &&
        result.report.at("generator").at("own_delay_p99_us").get<double>() < 1'500'000;
    if (undisturbed) {
        CHECK(result.exit == Exit::with(1));
        CHECK(text_of(result, "too_few_clients").empty());
    } else {
        CHECK((result.exit == Exit::with(1) || result.exit == Exit::with(3)));
    }
}

TEST_CASE("What is proven comes before what is not known", "[load][system]") {
    LineServer server({.answer = [](std::size_t number, std::string const&) {
        return number == 10 ? LineServer::Reply{"error: full\n"} : LineServer::Reply{};
    }});
    LoadProcess load({"--clients", "10", "--rate", "500", "--messages", "1000", "--assert",
                      "p99<200ms", server.address()});
    server.wait_for_messages(100);
    stop_for(500ms, load);
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(1));
    CHECK(result.err.find("load: 1 of 1,000 messages was not acked: 1 refused\n") !=
          std::string::npos);
}

TEST_CASE("Ports that run out are no failure of the server", "[load][system]") {
    need_network();
    Network const network;
    need_ports(network, 40'000, 40'099);
    Process server(network.inside(server_launch({"tcp:127.0.0.1:51717"})));
    server.err().read_until("listening on tcp:127.0.0.1:51717\n");
    auto const test = [&network](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(),
                         {"--reconnect", "--source", "127.0.0.1", "127.0.0.1", "51717"});
        return run(network.inside(load_launch(arguments)));
    };
    SECTION("a rate tells beforehand how many it takes") {
        auto const result = test({"--clients", "5", "--rate", "1000", "--duration", "2s"});
        CAPTURE(result.out, result.err);
        CHECK(result.exit == Exit::with(3));
        CHECK(result.err ==
              "load: 5 clients need 2005 ports, since a closed connection keeps its port for a "
              "minute, and one address of ours has 100: connect from 21 addresses of this host "
              "(--source FIRST-LAST), or widen net.ipv4.ip_local_port_range\n");
    }
    SECTION("a closed loop does not") {
        auto const result = test({"--clients", "5", "--messages", "200"});
        CAPTURE(result.out, result.err);
        CHECK(result.exit == Exit::with(3));
        CHECK(result.out.find("Cannot assign requested address (no port of") != std::string::npos);
        CHECK(result.err.starts_with("load: no verdict on "));
    }
    CHECK(server.terminate() == Exit::with(0));
}

TEST_CASE("An address of the name that answers nothing is passed over for the next",
          "[load][system]") {
    need_hosts();
    ReservedPort const reserved;
    std::string const port = std::to_string(reserved.number());
    LineServer const server({.address = "tcp:127.0.0.2:" + port});
    // The first address that the system gives. Its queue is full, so that nobody there answers.
    Listener const full("tcp:127.0.0.1:" + port, 0);
    Peer const first_in_the_queue = Peer::connect(full.address());
    TempDir const directory;
    write_file(directory / "hosts", "127.0.0.2 two\n127.0.0.1 two\n");
    auto const result = run(with_hosts(
        load_launch({"--clients", "5", "--messages", "50", "--connect-timeout", "2s", "two", port}),
        directory / "hosts"));
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.err.empty());
    CHECK(server.connections() == 5);
}

TEST_CASE("A greeting without an end is no connection", "[load][system]") {
    LineServer const server({});
    Listener endless("tcp:127.0.0.1:0");
    LoadProcess load({"--greeting", "--clients", "1", "--messages", "1", endless.address()});
    Peer peer = endless.accept();
    peer.send(std::string(200'000, 'x'));
    auto const result = load.result();
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(1));
    CHECK(result.outcome("never_connected") == 1);
    CHECK(result.reason("a greeting without an end") == 1);
    CHECK(result.report.at("achieved").at("clients") == 0);
}

TEST_CASE("The measured time of a number of messages is the one that was planned",
          "[load][system]") {
    LineServer const server({});
    for (std::string const arrivals : {"even", "poisson"}) {
        auto const result = run_load(
            {"--messages", "50", "--rate", "100", "--arrivals", arrivals, server.address()});
        CAPTURE(arrivals, result.out, result.err);
        CHECK(result.exit == Exit::with(0));
        CHECK(result.report.at("achieved").at("duration_s") == 0.5);
        CHECK(result.outcome("acked") == 50);
    }
}

TEST_CASE("A message planned before the end is sent after it, where answers take that long",
          "[load][system]") {
    // The last of the three is planned at 3.3 s; its client is free at 6 s.
    LineServer const server({.delays = {3s}});
    auto const result =
        run_load({"--clients", "1", "--rate", "0.6", "--duration", "5s", server.address()});
    CAPTURE(result.out, result.err);
    if (result.count_above("service", 4e6) > 0) {
        SKIP("this machine kept the server from its work");
    }
    CHECK(result.outcome("acked") == 3);
    CHECK(result.exit == Exit::with(0));
}

TEST_CASE("A run started when it began to measure", "[load][system]") {
    LineServer const server({});
    auto const before = std::chrono::system_clock::now();
    auto const result =
        run_load({"--clients", "1", "--rate", "10", "--duration", "2s", server.address()});
    std::string const started = result.report.at("started");
    std::tm parts{};
    REQUIRE(::strptime(started.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) != nullptr);
    auto const moment = std::chrono::system_clock::from_time_t(::timegm(&parts));
    auto const after = std::chrono::system_clock::now();
    CHECK(moment > before - 2s);
    CHECK(moment <= after - 2s);
}

TEST_CASE("Load testers that are to begin at a moment begin then", "[load][system]") {
    LineServer const server({});
    auto const in = [](Duration time) {
        std::time_t const moment =
            std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + time);
        std::array<char, 32> text{};
        std::tm parts{};
        ::gmtime_r(&moment, &parts);
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
        return std::string(text.data());
    };
    std::string soon;
    LoadResult result;
    // A busy machine takes its time to start a program.
    REQUIRE(succeeds_given_time(3s, [&](Duration lead) {
        soon = in(lead);
        result = run_load({"--clients", "2", "--rate", "100", "--messages", "20", "--start-at",
                           soon, server.address()});
        return result.err.find("--start-at") == std::string::npos;
    }));
    CAPTURE(result.out, result.err);
    REQUIRE(result.report.is_object());
    CHECK(result.report.at("started") == soon);
    CHECK(result.outcome("acked") == 20);
    // Its warm-up would have begun long ago: no connection is made for that.
    auto const late = run(
        load_launch({"--clients", "2", "--warmup", "1h", "--start-at", in(60s), server.address()}));
    CHECK(late.exit == Exit::with(2));
    CHECK(late.err.starts_with(
        "load: --start-at: the moment to begin the warm-up has passed: choose a later one"));
}

TEST_CASE("What waits for its client at the end is still sent a little later", "[load][system]") {
    // One every 50 ms. The last one's client has its answer to the one before 60 ms after the end.
    std::vector<Duration> delays(20, 0ms);
    delays[18] = 160ms;
    bool sent = false;
    for (int attempts = 0; attempts != 10 && !sent; ++attempts) {  // a busy machine can be later
        LineServer const server({.delays = delays});
        auto const result =
            run_load({"--clients", "1", "--rate", "20", "--duration", "1s", server.address()});
        sent = result.outcome("unsent") == 0;
    }
    CHECK(sent);
}

TEST_CASE("A pipeline costs what is in flight, not what may be", "[load][system]") {
    LineServer server({});
    LoadProcess load({"--clients", "500", "--pipeline", "65536", "--rate", "500", "--duration",
                      "1h", server.address()});
    server.wait_for_messages(100);
    constexpr std::size_t most = std::size_t{sanitized ? 1000 : 100} * 1024 * 1024;
    CHECK(peak_memory(load.process().id()) < most);
    load.signal(SIGINT);
    CHECK(load.result().exit == Exit::with(0));
}
