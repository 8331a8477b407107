// The server when the system gives it no more memory.
#include "support/answers.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace roger::test;

namespace {

/// What a program loads at its start has room in it, what these tests ask for has not.
constexpr rlim_t little_memory = 300'000'000;

void skip_if_sanitized() {
    if constexpr (sanitized) {
        SKIP("a sanitizer needs more address space than a limit would leave");
    }
}

void check_told(std::string const& err) {
    CAPTURE(err);
    CHECK(err.find("server: out of memory: ") != std::string::npos);
    CHECK(err.find("--max-message") != std::string::npos);
}

ServerProcess start_with_little_memory(std::vector<std::string> arguments) {
    ServerSetup setup;
    setup.launch.address_space = little_memory;
    return ServerProcess::start(std::move(arguments), std::move(setup));
}

}  // namespace

TEST_CASE("Out of memory the server says so and ends; what it acked is in the output", "[system]") {
    skip_if_sanitized();
    auto server = start_with_little_memory(
        {"--max-message", "1024MiB", "--message-timeout", "none", "127.0.0.1:0"});
    std::vector<Peer> peers;
    auto const count = GENERATE(std::size_t{1}, std::size_t{60});
    peers.reserve(count);
    for (std::size_t i = 0; i != count; ++i) {
        peers.push_back(Peer::connect(server.address()));
    }
    peers.front().send("acked\n");
    CHECK(peers.front().receive_line() == ack);
    std::string const piece(1024UL * 1024, 'x');
    while (server.process().runs()) {
        for (Peer const& peer : peers) {
            peer.send_until_stuck(piece);
        }
    }
    CHECK(server.wait_for_exit() == Exit::with(1));
    check_told(server.process().err().last_words());
    CHECK(server.output() == "acked\n");
}

TEST_CASE("A server that there is no memory for does not start, and says why", "[system]") {
    skip_if_sanitized();
    auto launch =
        server_launch({"--max-message", "1024MiB", "udp:127.0.0.1:0",
                       "unixgram:@roger-test-out-of-memory-" + std::to_string(::getpid())});
    launch.address_space = little_memory;
    auto const refused = run(launch);
    CHECK(refused.exit == Exit::with(1));
    check_told(refused.err);
}
