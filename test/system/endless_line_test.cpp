// Endless line: a message without an end costs no memory.
#include "support/answers.hpp"
#include "support/peak_memory.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// Sanitizers slow the server down, and keep memory of their own.
constexpr std::size_t line_bytes = (sanitized ? 64 : 1024) * mebibyte;
constexpr std::size_t most_growth = sanitized ? 32 * mebibyte : mebibyte;

std::string const refusal = "error: message longer than 65536 bytes";

void send_many(Peer& peer, std::string const& piece, std::size_t total) {
    for (std::size_t sent = 0; sent < total; sent += piece.size()) {
        peer.send(piece);
    }
}

}  // namespace

TEST_CASE("A gigabyte without a newline is refused once, and costs less than a megabyte",
          "[endless-line][system]") {
    auto server = ServerProcess::start({"--message-timeout", "none", "127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    std::string const piece(mebibyte, 'x');
    // What a client costs that sends as much as it may, once.
    peer.send(std::string(65536, 'x') + '\n' + piece + '\n');
    CHECK(peer.receive_line() == ack);
    CHECK(peer.receive_line() == refusal);

    if (!reset_peak_memory(server.id())) {
        SKIP("this system does not reset the peak of a process's memory");
    }
    auto const before = peak_memory(server.id());
    send_many(peer, piece, line_bytes);
    CHECK(peer.receive_line() == refusal);
    CHECK_FALSE(peer.would_receive_within(100ms));
    peer.send("\nnext\n");
    CHECK(peer.receive_line() == ack);
    auto const after = peak_memory(server.id());
    CAPTURE(before, after);
    CHECK(after - before < most_growth);
    CHECK(server.output() == std::string(65536, 'x') + "\nnext\n");
    CHECK(server.counter("refused_too_long") == 2);
    CHECK(server.counter("bytes") > line_bytes);
}

TEST_CASE("Many endless lines at once are bounded by what each client may say",
          "[endless-line][system]") {
    constexpr std::size_t clients = 100;
    auto server = ServerProcess::start({"--message-timeout", "none", "127.0.0.1:0"});
    std::vector<Peer> peers;
    for (std::size_t number = 0; number < clients; ++number) {
        peers.push_back(Peer::connect(server.address()));
        peers.back().send("hello\n");
        CHECK(peers.back().receive_line() == ack);
    }
    auto const before = peak_memory(server.id());
    for (auto& peer : peers) {
        peer.send(std::string(65536, 'x'));
    }
    for (auto& peer : peers) {
        peer.send("x");
        CHECK(peer.receive_line() == refusal);
    }
    auto const after = peak_memory(server.id());
    CAPTURE(before, after);
    if constexpr (!sanitized) {
        CHECK(after - before < clients * 65536 * 3);
    }
    // What they are in the middle of is kept no longer, when it is refused.
    for (auto& peer : peers) {
        peer.send("\nnext\n");
        CHECK(peer.receive_line() == ack);
    }
}
