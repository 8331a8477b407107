// Waiting for many sockets at once, for a moment, or to be woken.
#include "load/readiness.hpp"

#include "net/spawn.hpp"
#include "support/files.hpp"

#include <asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace roger {

namespace {

using namespace std::chrono_literals;
using Waits = std::function<Task<void>(Readiness&)>;

/// Two ends of a connection.
struct Pair final : SocketOwner {
    Pair() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
                0);
        ours = test::Descriptor(ends[0]);
        theirs = test::Descriptor(ends[1]);
    }
    void send() const { REQUIRE(::write(theirs.get(), "x", 1) == 1); }
    void hear() const {
        char byte = 0;
        REQUIRE(::read(ours.get(), &byte, 1) == 1);
    }
    void on_event(std::uint32_t /*events*/) override {}
    void* who() { return static_cast<SocketOwner*>(this); }

    test::Descriptor ours;
    test::Descriptor theirs;
};

/// Runs a coroutine on an event loop of its own to its end.
void play(asio::io_context& context, Readiness& readiness, Waits const& waits) {
    bool ended = false;
    std::exception_ptr failure;
    spawn(context.get_executor(), waits(readiness), [&](std::exception_ptr const& thrown) {
        ended = true;
        failure = thrown;
    });
    context.run();
    REQUIRE(ended);
    if (failure) {
        std::rethrow_exception(failure);
    }
}

void play(Waits const& waits) {
    asio::io_context context(1);
    Readiness readiness(context);
    play(context, readiness, waits);
}

using Who = std::set<void*>;

/// The loop does something else meanwhile.
void hold_up() {
    auto const since = Clock::now();
    while (Clock::now() - since < 20ms) {
    }
}

/// Those whom the next wait tells of.
Task<Who> who(Readiness& readiness, Clock::time_point moment) {
    Who all;
    for (epoll_event const& event : co_await readiness.wait_until(moment)) {
        all.insert(event.data.ptr);
    }
    co_return all;
}

constexpr auto never = Clock::time_point::max();

}  // namespace

TEST_CASE("Only the sockets that are ready are told of", "[load]") {
    std::array<Pair, 3> pairs;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        for (Pair& pair : pairs) {
            readiness.add(pair.ours.get(), EPOLLIN, pair);
        }
        pairs[1].send();
        ready = co_await who(readiness, never);
        CHECK(ready == Who{pairs[1].who()});
        // It stays ready until all is read.
        pairs[2].send();
        ready = co_await who(readiness, never);
        CHECK(ready == Who{pairs[1].who(), pairs[2].who()});
        pairs[1].hear();
        ready = co_await who(readiness, never);
        CHECK(ready == Who{pairs[2].who()});
        pairs[2].hear();
        pairs[0].theirs.close();
        ready = co_await who(readiness, never);
        CHECK(ready == Who{pairs[0].who()});
    });
}

TEST_CASE("A wait ends at its moment, and not before", "[load]") {
    Pair pair;
    std::vector<Clock::duration> const times = {30ms, 1ms, 10ms, 10ms};
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        for (Clock::duration const time : times) {
            auto const moment = Clock::now() + time;
            ready = co_await who(readiness, moment);
            CHECK(ready.empty());
            CHECK(Clock::now() >= moment);
        }
        ready = co_await who(readiness, Clock::now());
        CHECK(ready.empty());
        ready = co_await who(readiness, Clock::time_point::min());
        CHECK(ready.empty());
        // The same moment again, which has passed.
        auto const moment = Clock::now() + 2ms;
        co_await readiness.wait_until(moment);
        ready = co_await who(readiness, moment);
        CHECK(ready.empty());
    });
}

TEST_CASE("A moment that was waited for before does not end a later wait", "[load]") {
    Pair pair;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        pair.send();
        auto const early = Clock::now() + 5ms;
        ready = co_await who(readiness, early);
        CHECK(ready.size() == 1);
        pair.hear();
        auto const late = Clock::now() + 40ms;
        ready = co_await who(readiness, late);
        CHECK(ready.empty());
        CHECK(Clock::now() >= late);
    });
}

TEST_CASE("A wait ends although the timer of an earlier one expires as it begins", "[load]") {
    Pair pair;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        for (int round = 0; round < 300; ++round) {
            // Sets a timer, which is not waited for.
            auto const armed = Clock::now() + 300us;
            pair.send();
            ready = co_await who(readiness, armed);
            pair.hear();
            auto const just_before = armed - 20ns * round;
            while (Clock::now() < just_before) {
            }
            auto const moment = Clock::now() + 100us;
            ready = co_await who(readiness, moment);
            CHECK(ready.empty());
            CHECK(Clock::now() >= moment);
        }
    });
}

TEST_CASE("What was kept waiting by the loop's other work is known", "[load]") {
    Pair pair;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        ready = co_await who(readiness, Clock::now());
        CHECK(ready.empty());
        auto const said_at = Clock::now();
        pair.send();
        hold_up();
        ready = co_await who(readiness, never);
        CHECK(ready.size() == 1);
        CHECK(readiness.ready_since() <= said_at);
        CHECK(readiness.longest_delay() >= 20ms);
    });
}

TEST_CASE("A loop that was held up knows it, though nothing was kept waiting", "[load]") {
    play([](Readiness& readiness) -> Task<void> {
        co_await who(readiness, Clock::now());
        hold_up();
        co_await who(readiness, Clock::now());
        CHECK(readiness.longest_delay() >= 20ms);
    });
}

TEST_CASE("A delay that was over before the measurement is not the longest", "[load]") {
    play([&](Readiness& readiness) -> Task<void> {
        co_await who(readiness, Clock::now());
        hold_up();
        co_await who(readiness, Clock::now());
        readiness.measure_from(Clock::now() + 1h);
        CHECK(readiness.longest_delay() == 0ms);
        hold_up();
        co_await who(readiness, Clock::now());
        CHECK(readiness.longest_delay() == 0ms);
        // It began before, and is told of after.
        readiness.measure_from(Clock::now() + 1ms);
        hold_up();
        co_await who(readiness, Clock::now());
        CHECK(readiness.longest_delay() >= 20ms);
    });
}

TEST_CASE("What comes while the loop waits has not been kept waiting", "[load]") {
    Pair pair;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        Clock::time_point said_at;
        std::jthread const other([&] {
            std::this_thread::sleep_for(30ms);
            said_at = Clock::now();
            pair.send();
        });
        ready = co_await who(readiness, never);
        CHECK(ready.size() == 1);
        // No earlier than the tick before, and what woke up too late for that.
        CHECK(readiness.ready_since() >= said_at - 2ms - readiness.longest_delay());
    });
}

TEST_CASE("What a socket is watched for can be changed", "[load]") {
    Pair pair;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        ready = co_await who(readiness, Clock::now() + 1ms);
        CHECK(ready.empty());
        readiness.change(pair.ours.get(), EPOLLIN | EPOLLOUT, pair);
        auto const events = co_await readiness.wait_until(never);
        CHECK(events.size() == 1);
        CHECK(events[0].events == EPOLLOUT);
        readiness.change(pair.ours.get(), EPOLLIN, pair);
        ready = co_await who(readiness, Clock::now() + 1ms);
        CHECK(ready.empty());
    });
}

TEST_CASE("A closed socket is told of no more", "[load]") {
    Pair pair;
    Pair other;
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        readiness.add(pair.ours.get(), EPOLLIN, pair);
        readiness.add(other.ours.get(), EPOLLIN, other);
        pair.send();
        other.send();
        pair.ours.close();
        ready = co_await who(readiness, never);
        CHECK(ready == Who{other.who()});
    });
}

TEST_CASE("A wait can be woken", "[load]") {
    asio::io_context context(1);
    Readiness readiness(context);
    play(context, readiness, [&context](Readiness& self) -> Task<void> {
        Who ready;
        for (int i = 0; i < 100; ++i) {
            asio::post(context, [&self] { self.wake(); });
            ready = co_await who(self, never);
            CHECK(ready.empty());
        }
    });
}

TEST_CASE("However busy the sockets are, other work gets its turn", "[load]") {
    Pair pair;
    pair.send();
    asio::io_context context(1);
    Readiness readiness(context);
    bool other_work = false;
    asio::post(context, [&] { other_work = true; });
    play(context, readiness, [&](Readiness& self) -> Task<void> {
        Who ready;
        self.add(pair.ours.get(), EPOLLIN, pair);
        other_work = false;
        asio::post(context, [&] { other_work = true; });
        int turns = 0;
        while (!other_work && turns < 1000) {
            ++turns;
            ready = co_await who(self, never);
            CHECK(ready.size() == 1);
        }
        CHECK(turns < 1000);
    });
}

TEST_CASE("More sockets than one look takes are all told of in time", "[load]") {
    std::vector<Pair> pairs(300);
    play([&](Readiness& readiness) -> Task<void> {
        Who ready;
        for (Pair& pair : pairs) {
            readiness.add(pair.ours.get(), EPOLLIN, pair);
            pair.send();
        }
        std::set<void*> seen;
        while (seen.size() < pairs.size()) {
            for (epoll_event const& event : co_await readiness.wait_until(never)) {
                auto* const pair = static_cast<Pair*>(static_cast<SocketOwner*>(event.data.ptr));
                CHECK(seen.insert(pair).second);
                pair->hear();
            }
        }
        ready = co_await who(readiness, Clock::now());
        CHECK(ready.empty());
    });
}

TEST_CASE("What is no socket cannot be waited for", "[load]") {
    asio::io_context context(1);
    Readiness readiness(context);
    Pair pair;
    CHECK_THROWS_AS(readiness.add(-1, EPOLLIN, pair), std::system_error);
    CHECK_THROWS_AS(readiness.change(pair.ours.get(), EPOLLIN, pair), std::system_error);
}

}  // namespace roger
