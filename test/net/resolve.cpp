// Names to endpoints, and resolvers that do not answer.
#include "net/resolve.hpp"

#include "net/stage.hpp"
#include "support/deadline.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace roger {

namespace {

Address tcp(std::string host) {
    return {.transport = Transport::tcp, .host = std::move(host), .port = 51717, .path = {}};
}

LookUp answer() {
    return {{to_endpoint(asio::ip::make_address("192.0.2.7"), 51717)}, {}};
}

LookUp resolve_within(Address const& address, Timeout timeout, Resolver const& resolver) {
    test::Stage stage;
    LookUp found;
    auto const client = [&]() -> asio::awaitable<void> {
        found = co_await resolve(address, moment_after(timeout), resolver);
    };
    stage.play_all({client});
    return found;
}

/// A resolver that answers when it is told to, and is waited for until its thread has let go of it.
class StalledResolver {
public:
    Resolver take() {
        return [gate = gate_, alive = std::move(alive_)](std::string const&, std::uint16_t) {
            gate.wait();
            return answer();
        };
    }

    void answer_at_last() {
        open_.set_value();
        auto const gone = [this] { return seen_.expired(); };
        test::eventually("the end of the resolver's thread", gone);
    }

private:
    std::promise<void> open_;
    std::shared_future<void> gate_ = open_.get_future().share();
    std::shared_ptr<int> alive_ = std::make_shared<int>();
    std::weak_ptr<int> seen_ = alive_;
};

}  // namespace

TEST_CASE("A number needs no resolver, nor does a path", "[resolve][net]") {
    Resolver const never = [](std::string const&, std::uint16_t) -> LookUp {
        throw std::logic_error("was asked");
    };
    for (std::string const& host : std::vector<std::string>{"127.0.0.1", "::1", "fe80::1%1"}) {
        LookUp const found = resolve_within(tcp(host), 20s, never);
        REQUIRE(found.endpoints.size() == 1);
        CHECK(to_address(found.endpoints[0]).port == 51717);
    }
    Address const path = parse_address("unix:/run/roger");
    LookUp const found = resolve_within(path, 20s, never);
    REQUIRE(found.endpoints.size() == 1);
    CHECK(to_address(found.endpoints[0]) == path);
}

TEST_CASE("A name is asked of the resolver", "[resolve][net][concurrency]") {
    std::string asked;
    Resolver const resolver = [&asked](std::string const& host, std::uint16_t port) {
        asked = host + ' ' + std::to_string(port);
        return answer();
    };
    LookUp const found = resolve_within(tcp("roger.example"), 20s, resolver);
    CHECK(asked == "roger.example 51717");
    CHECK(found.failure.empty());
    CHECK(found.endpoints == answer().endpoints);
}

TEST_CASE("The system's resolver knows localhost, and what it does not know", "[resolve][net]") {
    LookUp const found = resolve_within(tcp("localhost"), std::nullopt, look_up_name);
    CHECK(found.failure.empty());
    CHECK_FALSE(found.endpoints.empty());
    CHECK_FALSE(resolve_within(tcp("nowhere.invalid"), 60s, look_up_name).failure.empty());
}

TEST_CASE("What a resolver throws is thrown on", "[resolve][net][concurrency]") {
    Resolver const broken = [](std::string const&, std::uint16_t) -> LookUp {
        throw std::runtime_error("no memory");
    };
    CHECK_THROWS_AS(resolve_within(tcp("roger.example"), 20s, broken), std::runtime_error);
}

TEST_CASE("A resolver that does not answer is left alone at the deadline",
          "[resolve][net][concurrency]") {
    StalledResolver stalled;
    LookUp const found = resolve_within(tcp("roger.example"), 50ms, stalled.take());
    CHECK(found.failure == "no answer from the resolver");
    CHECK(found.endpoints.empty());
    stalled.answer_at_last();
}

TEST_CASE("A loop can end while a resolver is asked", "[resolve][net][concurrency]") {
    StalledResolver stalled;
    {
        asio::io_context loop;
        asio::co_spawn(loop, resolve(tcp("roger.example"), moment_after(20s), stalled.take()),
                       [](std::exception_ptr, LookUp const&) { FAIL("answered"); });
        loop.poll();
    }
    stalled.answer_at_last();
}

}  // namespace roger
