// A client that sends more than is taken of it at once: what a loop keeps of it, and the others
// meanwhile.
#include "net/async_condition.hpp"
#include "support/answers.hpp"
#include "support/deadline.hpp"
#include "support/files.hpp"
#include "support/milliseconds.hpp"
#include "support/peer.hpp"
#include "support/running_server.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// Many times what is taken at once, less than a read can bring.
constexpr std::size_t many = 50'000;
/// More than is taken at once, and few enough that the system takes all their answers.
constexpr std::size_t some = 5'000;

ServerProcess start_on_either(TempDir const& directory, std::vector<std::string> options = {}) {
    bool const tcp = GENERATE(true, false);
    options.push_back(tcp ? "127.0.0.1:0" : "unix:" + directory / "socket");
    return ServerProcess::start(options);
}

std::string numbered(std::string_view name, std::size_t count) {
    std::string lines;
    for (std::size_t number = 0; number != count; ++number) {
        fmt::format_to(std::back_inserter(lines), "{}{}\n", name, number);
    }
    return lines;
}

/// The records of one client.
std::string records_of(std::string_view name, std::string const& output) {
    std::string records;
    for (std::string const& record : split_lines(output)) {
        if (record.starts_with(name)) {
            records += record + '\n';
        }
    }
    return records;
}

/// `count` empty messages, all of which are acknowledged.
void require_all_acked(Peer& peer, std::size_t count) {
    peer.send(std::string(count, '\n'));
    peer.half_close();
    auto const answers = split_lines(peer.receive_all());
    REQUIRE(answers.size() == count);
    REQUIRE(std::ranges::count(answers, ack) == static_cast<std::ptrdiff_t>(count));
}

}  // namespace

TEST_CASE("Each message of clients that send much at the same time is displayed once, in order",
          "[read-ahead][system]") {
    TempDir const directory;
    auto server = start_on_either(directory);
    std::vector<std::string> const names = {"a", "b", "c"};
    std::vector<Peer> peers;
    while (peers.size() != names.size()) {
        peers.push_back(Peer::connect(server.address()));
    }
    std::size_t const count = 8'000;
    {
        Suspended const suspended(server.id());
        for (std::size_t i = 0; i != names.size(); ++i) {
            peers[i].send(numbered(names[i], count));
            peers[i].half_close();
        }
    }
    for (Peer& peer : peers) {
        CHECK(peer.receive_all() == times(count, ack_line));
    }
    std::string const output = server.output();
    for (std::string const& name : names) {
        CHECK(records_of(name, output) == numbered(name, count));
    }
}

TEST_CASE("All that a client sends at once is answered, however much is kept of it",
          "[read-ahead][system]") {
    TempDir const directory;
    auto server = start_on_either(directory);
    Peer peer = Peer::connect(server.address());
    for (int round = 0; round != 3; ++round) {  // nothing follows that would have it look again
        peer.send(std::string(many, '\n'));
        CHECK(peer.receive_exactly(many * ack_line.size()) == times(many, ack_line));
    }
}

TEST_CASE("While a client of which something is kept takes no answers, others are served",
          "[read-ahead][deaf][system]") {
    TempDir const directory;
    auto server = start_on_either(directory);
    Peer deaf = Peer::connect(server.address());
    deaf.send_until_stuck(std::string(4'000'000, '\n'));
    Peer other = Peer::connect(server.address());
    require_all_acked(other, many);
    deaf.close();
    eventually("the deaf one to be gone", [&] { return server.counter("clients") == 0; });
    Peer next = Peer::connect(server.address());
    require_all_acked(next, many);
}

TEST_CASE("What is kept of a client that is cut off is kept of nobody",
          "[read-ahead][deaf][system]") {
    TempDir const directory;
    auto server = start_on_either(directory, {"--write-timeout", in_ms(500ms)});
    for (std::size_t round = 1; round != 4; ++round) {
        Peer deaf = Peer::connect(server.address());
        deaf.send_until_stuck(std::string(4'000'000, '\n'), 0ms);
        eventually("it to be cut off", [&] { return server.counter("write_timeouts") == round; });
        Peer other = Peer::connect(server.address());
        require_all_acked(other, some);
    }
}

TEST_CASE("A server that ends acknowledges no message that it has kept and not displayed",
          "[read-ahead][shutdown][system]") {
    roger::AsyncCondition stopped;
    bool stopping = false;
    std::size_t handled = 0;
    RunningServer* server = nullptr;
    RunningServer running({}, [&](roger::Batch const& batch) -> roger::Task<void> {
        if ((*batch.begin()).text == "stop") {
            stopping = true;
            server->server().stop();
            stopped.notify_all();
            co_return;
        }
        auto const count = static_cast<std::size_t>(std::ranges::distance(batch));
        if (handled != 0 && !stopping) {  // the first read is too short to have a rest
            co_await stopped.wait();
        }
        handled += count;
    });
    server = &running;
    Peer flooding = Peer::connect(running.address());
    Peer stopping_peer = Peer::connect(running.address());
    flooding.send(std::string(many, '\n'));
    eventually("the second part of it to be handled",
               [&] { return running.server().counters().messages == 2 * 1024; });
    stopping_peer.send("stop\n");
    std::string const answers = flooding.receive_all();
    running.result();
    CHECK(handled < many);
    CHECK(answers == times(handled, ack_line) + shutting_down_line);
}
