// To a connected socket by every way, and why there is none.
#include "net/connect.hpp"

#include "net/stage.hpp"
#include "support/deadline.hpp"
#include "support/peer.hpp"
#include "support/socket_address.hpp"

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::Socket;
using test::Stage;

constexpr Timeout long_timeout = 20s;

/// A name that stands for `addresses`, which are numbers.
Resolver name_of(std::vector<std::string> const& addresses) {
    LookUp found;
    for (std::string const& text : addresses) {
        Address const address = parse_address(text);
        found.endpoints.push_back(to_endpoint(asio::ip::make_address(address.host), address.port));
    }
    return [found](std::string const&, std::uint16_t) { return found; };
}

Address const some_name = parse_address("roger.example:51717");

/// Where it got to; or the sentence of its failure.
std::string outcome_of(Address const& address, Timeout timeout,
                       Resolver const& resolver = look_up_name) {
    Stage stage;
    std::string outcome;
    auto const client = [&]() -> asio::awaitable<void> {
        try {
            Socket const socket = co_await connect(address, timeout, resolver);
            outcome = to_string(to_address(socket.remote_endpoint()));
        } catch (ClientError const& failure) {
            outcome = failure.what();
        }
    };
    stage.play_all({client});
    return outcome;
}

std::string abstract_name() {
    return to_string(test::free_unix_address());
}

/// A server that takes nobody: the only place in its listen queue is taken, by ourselves.
struct FullServer {
    explicit FullServer(std::string const& address)
        : listener(address, 0), waiting(test::Peer::connect(listener.address())) {}
    test::Listener listener;
    test::Peer waiting;
};

}  // namespace

TEST_CASE("It connects to every kind of stream address", "[connect][net]") {
    test::TempDir const folder;
    std::vector<std::string> addresses = {"tcp:127.0.0.1:0", "unix:" + (folder / "socket"),
                                          abstract_name()};
    if (test::has_ipv6()) {
        addresses.emplace_back("tcp:[::1]:0");
    }
    for (std::string const& each : addresses) {
        test::Listener const listener(each);
        CHECK(outcome_of(parse_address(listener.address()), long_timeout) == listener.address());
        CHECK(outcome_of(parse_address(listener.address()), std::nullopt) == listener.address());
    }
}

TEST_CASE("A TCP socket sends at once", "[connect][net]") {
    Stage stage;
    auto const client = [&stage]() -> asio::awaitable<void> {
        Socket const socket = co_await connect(stage.address(), long_timeout);
        asio::ip::tcp::no_delay no_delay;
        socket.get_option(no_delay);
        CHECK(no_delay.value());
    };
    stage.play_all({client});
}

TEST_CASE("A refusal names the address", "[connect][net]") {
    test::RefusingAddress const refusing;
    CHECK(outcome_of(parse_address(refusing.address()), long_timeout) ==
          "connecting to " + refusing.address() + ": Connection refused");
    std::string const nobody = abstract_name();
    CHECK(outcome_of(parse_address(nobody), long_timeout) ==
          "connecting to " + nobody + ": Connection refused");
    CHECK(outcome_of(parse_address("unix:/nowhere/roger"), long_timeout) ==
          "connecting to unix:/nowhere/roger: No such file or directory");
}

TEST_CASE("Every address of a name is tried in turn", "[connect][net]") {
    test::RefusingAddress const refusing("127.0.0.1");
    test::RefusingAddress const other("127.0.0.2");
    test::Listener const listener("tcp:127.0.0.1:0");
    CHECK(outcome_of(some_name, long_timeout, name_of({refusing.address(), listener.address()})) ==
          listener.address());
    CHECK(outcome_of(some_name, long_timeout, name_of({refusing.address(), other.address()})) ==
          "connecting to " + refusing.address() + ": Connection refused; " + other.address() +
              ": Connection refused");
}

TEST_CASE("An address that does not answer leaves time for the next", "[connect][net]") {
    FullServer const silent("tcp:127.0.0.1:0");
    test::Listener const listener("tcp:127.0.0.1:0");
    test::RefusingAddress const refusing;
    std::string const silent_address = silent.listener.address();
    constexpr auto for_both = 4s;
    // What comes when the time is over tells nothing.
    auto const in_time = [&](Resolver const& resolver) {
        std::string outcome;
        for (int attempt = 0; attempt != 5; ++attempt) {
            auto const begun = test::Clock::now();
            outcome = outcome_of(some_name, for_both, resolver);
            if (test::Clock::now() - begun < for_both) {
                break;
            }
        }
        return outcome;
    };
    CHECK(in_time(name_of({silent_address, listener.address()})) == listener.address());
    CHECK(in_time(name_of({silent_address, refusing.address()})) ==
          "connecting to " + silent_address + ": no answer; " + refusing.address() +
              ": Connection refused");
    CHECK(outcome_of(some_name, for_both, name_of({refusing.address(), silent_address})) ==
          "connecting to " + refusing.address() + ": Connection refused; " + silent_address +
              ": no answer (gave up after 4s)");
}

TEST_CASE("A name that cannot be found is told", "[connect][net]") {
    Resolver const unknown = [](std::string const&, std::uint16_t) {
        return LookUp{{}, "Name or service not known"};
    };
    CHECK(outcome_of(some_name, long_timeout, unknown) ==
          "connecting to tcp:roger.example:51717: Name or service not known");
}

TEST_CASE("The deadline covers the resolver", "[connect][net][concurrency]") {
    std::promise<void> open;
    Resolver const stalled = [gate = open.get_future().share()](std::string const&, std::uint16_t) {
        gate.wait();
        return LookUp{};
    };
    CHECK(
        outcome_of(some_name, 50ms, stalled) ==
        "connecting to tcp:roger.example:51717: no answer from the resolver (gave up after 50ms)");
    open.set_value();
}

TEST_CASE("A full Unix listen queue is no connection", "[connect][net]") {
    FullServer const full(abstract_name());
    CHECK(outcome_of(parse_address(full.listener.address()), 1s) ==
          "connecting to " + full.listener.address() +
              ": its listen queue is full (gave up after 1s)");
}

TEST_CASE("A place in a full Unix listen queue is waited for", "[connect][net]") {
    FullServer full(abstract_name());
    Address const address = parse_address(full.listener.address());
    Stage stage;
    bool connected = false;
    auto const client = [&]() -> asio::awaitable<void> {
        co_await connect(address, long_timeout);
        connected = true;
    };
    // The first try is made before this is played.
    auto const server = [&]() -> asio::awaitable<void> {
        CHECK_FALSE(connected);
        full.listener.accept();
        co_return;
    };
    stage.play_all({client, server});
    CHECK(connected);
}

TEST_CASE("A socket that TCP connects to itself is no connection", "[connect][net]") {
    // The system gives our side one port after the other, even ones first, so that before long it
    // gives the one where nobody listens. To bind(2) it gives odd ones.
    constexpr int attempts = 15'000 / test::slowness;
    Address address = parse_address(test::Listener("tcp:127.0.0.1:0").address());
    --address.port;
    Stage stage;
    int refused = 0;
    auto const client = [&]() -> asio::awaitable<void> {
        for (int attempt = 0; attempt < attempts; ++attempt) {
            try {
                co_await connect(address, long_timeout);
            } catch (ClientError const&) {
                ++refused;
            }
        }
    };
    stage.play_all({client});
    CHECK(refused == attempts);
}

TEST_CASE("A datagram address is refused", "[connect][net]") {
    CHECK_THROWS_AS(outcome_of(parse_address("udp:localhost:1"), long_timeout), AddressError);
}

TEST_CASE("An address without host or port is no server's", "[connect][net]") {
    CHECK_THROWS_AS(outcome_of(parse_address("51717"), long_timeout), AddressError);
    CHECK_THROWS_AS(outcome_of(parse_address("127.0.0.1:0"), long_timeout), AddressError);
}

}  // namespace roger
