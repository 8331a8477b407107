// Too few clients are told from a server that has become slow: simulated, in virtual time.
#include "load/concurrency.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <utility>
#include <vector>

namespace roger {

namespace {

using namespace std::chrono_literals;
using Moment = Clock::time_point;

/// When a message that is sent then is answered.
using ServerModel = std::function<Moment(Moment)>;

/// Each answer takes so long, however many there are.
ServerModel answering_in(Clock::duration time) {
    return [time](Moment sent) { return sent + time; };
}

/// Exponentially distributed answer times.
ServerModel answering_in_about(Clock::duration mean, std::uint32_t seed) {
    return [mean, random = std::mt19937(seed)](Moment sent) mutable {
        double const factor = std::exponential_distribution<>(1)(random);
        return sent + std::chrono::round<Clock::duration>(mean * factor);
    };
}

/// One message after the other.
ServerModel taking(Clock::duration each) {
    return [each, free = Moment()](Moment sent) mutable {
        free = std::max(free, sent) + each;
        return free;
    };
}

/// Stands still for a while.
ServerModel stalling(Clock::duration answer, Moment from, Clock::duration length) {
    return [=](Moment sent) {
        auto const done = sent + answer;
        return done >= from && done < from + length ? from + length + answer : done;
    };
}

struct Test {
    std::size_t clients;
    double rate;
    Clock::duration duration;
    std::optional<std::uint32_t> poisson_seed = {};  ///< nothing: arrivals are even
    std::optional<Moment> begin = {};                ///< of the measurement, after a warm-up
    std::size_t pipeline = 1;
    bool sends_all = false;  ///< also what has to wait until after the end
};

/// A test with that server, in virtual time. Message i is client i mod N's, or a random one's.
class Simulation {
public:
    Simulation(Test const& test, ServerModel server)
        : test_(test),
          server_(std::move(server)),
          clients_(test.clients),
          concurrency_(test.pipeline) {}

    Concurrency play() {
        plan();
        if (test_.begin) {
            concurrency_.begin_at(*test_.begin);
        }
        bool ended = test_.sends_all;
        while (!events_.empty()) {
            Event const event = events_.top();
            if (!is_in_test(event.at) && !std::exchange(ended, true)) {
                end();
            }
            events_.pop();
            if (event.is_answer) {
                take_answer(event);
            } else {
                take_planned(event);
            }
        }
        return concurrency_;
    }

private:
    struct LoadClient {
        std::vector<Moment> due;  ///< messages that are planned, earliest first
        std::size_t sent = 0;
        std::size_t answered = 0;

        [[nodiscard]] bool keeps_one_waiting() const { return sent < due.size(); }
    };
    struct Event {
        Moment at;
        std::size_t client;
        Moment planned;
        bool is_answer = false;
        Moment sent = {};
        Concurrency::Sending sending = {};

        bool operator>(Event const& other) const { return at > other.at; }
    };

    [[nodiscard]] bool is_in_test(Moment at) const {
        return at.time_since_epoch() < test_.duration;
    }

    void plan() {
        std::mt19937 random(test_.poisson_seed.value_or(0));
        std::exponential_distribution<> gaps(test_.rate);
        std::size_t number = 0;
        for (Moment at; is_in_test(at);) {
            std::size_t const turn = test_.poisson_seed ? random() : number++;
            events_.push({.at = at, .client = turn % test_.clients, .planned = at});
            double const gap_s = test_.poisson_seed ? gaps(random) : 1 / test_.rate;
            at += std::chrono::round<Clock::duration>(std::chrono::duration<double>(gap_s));
        }
    }

    void end() {
        concurrency_.end();
        for (LoadClient& client : clients_) {
            if (client.sent < client.due.size()) {
                client.due.resize(client.sent);
                concurrency_.wait_ends(Moment(test_.duration));
            }
        }
    }

    void send(std::size_t index, Moment now) {
        LoadClient& client = clients_[index];
        Moment const planned = client.due[client.sent++];
        Concurrency::Sending const sending = concurrency_.sent(now);
        events_.push({.at = server_(now),
                      .client = index,
                      .planned = planned,
                      .is_answer = true,
                      .sent = now,
                      .sending = sending});
    }

    void take_answer(Event const& event) {
        LoadClient& client = clients_[event.client];
        bool const waited = client.keeps_one_waiting();
        ++client.answered;
        concurrency_.answered(event.at, {.sending = event.sending,
                                         .service = event.at - event.sent,
                                         .sent_as_planned = event.sent == event.planned,
                                         .kept_waiting = Clock::duration(0)});
        if (waited) {
            send(event.client, event.at);
            if (client.sent == client.due.size()) {
                concurrency_.wait_ends(event.at);
            }
        }
    }

    void take_planned(Event const& event) {
        LoadClient& client = clients_[event.client];
        bool const waited = client.keeps_one_waiting();
        client.due.push_back(event.at);
        if (client.sent - client.answered < test_.pipeline) {
            send(event.client, event.at);
        } else if (!waited) {
            concurrency_.wait_begins(event.at);
        }
    }

    Test const& test_;
    ServerModel server_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::vector<LoadClient> clients_;
    Concurrency concurrency_;
};

Concurrency play(Test const& test, ServerModel const& server) {
    return Simulation(test, server).play();
}

}  // namespace

TEST_CASE("How long the load tester kept an answer waiting is no part of the server's time",
          "[load]") {
    Concurrency concurrency;
    Clock::time_point now{};
    for (int message = 0; message != 10; ++message) {
        Concurrency::Sending const sending = concurrency.sent(now);
        now += 60ms;
        concurrency.answered(
            now,
            {.sending = sending, .service = 60ms, .sent_as_planned = true, .kept_waiting = 50ms});
    }
    CHECK(std::abs(concurrency.free_service_s() - 0.01) < 1e-9);
}

TEST_CASE("Enough clients are not too few", "[load]") {
    CHECK_FALSE(
        play({.clients = 20, .rate = 250, .duration = 10s}, answering_in(50ms)).is_too_low());
    CHECK_FALSE(Concurrency().is_too_low());
}

TEST_CASE("Clients that are all busy, with a server that is not slow, are too few",
          "[load][sweep]") {
    for (double const rate : {210.0, 250.0, 1000.0, 100'000.0}) {
        CAPTURE(rate);
        auto const fixed = play({.clients = 10, .rate = rate, .duration = 4s}, answering_in(50ms));
        CHECK(fixed.is_too_low());
        CHECK(std::abs(fixed.free_service_s() - 0.05) < 1e-6);
    }
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        CHECK(play({.clients = 50, .rate = 1500, .duration = 10s}, answering_in_about(50ms, seed))
                  .is_too_low());
    }
    // Nor are they where the server takes a little longer now and then.
    CHECK(play({.clients = 10, .rate = 250, .duration = 10s}, stalling(50ms, Moment(4s), 80ms))
              .is_too_low());
    // One client cannot tell a slow server from a far one.
    CHECK(play({.clients = 1, .rate = 150, .duration = 5s}, taking(10ms)).is_too_low());
}

TEST_CASE("Clients that are all busy until the end are too few, unless the server stands still",
          "[load]") {
    for (Clock::duration const answer : {1900ms, 1950ms, 3000ms, 5000ms, 20'000ms}) {
        CAPTURE(answer.count());
        Test const test{.clients = 10, .rate = 100, .duration = 2s};
        CHECK(play(test, answering_in(answer)).is_too_low());
        CHECK_FALSE(play({.clients = 1000, .rate = 100, .duration = 2s}, answering_in(answer))
                        .is_too_low());
        CHECK_FALSE(play(test, stalling(10ms, Moment(1s), answer)).is_too_low());
    }
}

TEST_CASE("Clients that are too few are so with a pipeline too", "[load]") {
    for (std::size_t const pipeline : {2U, 20U, 32U, 64U}) {
        CAPTURE(pipeline);
        Test const test{.clients = 1, .rate = 1000, .duration = 4s, .pipeline = pipeline};
        CHECK(play(test, answering_in(100ms)).is_too_low());
        CHECK_FALSE(
            play({.clients = 10, .rate = 1000, .duration = 4s, .pipeline = pipeline}, taking(2ms))
                .is_too_low());
    }
}

TEST_CASE("A server that takes less than is asked of it is slow in a short test too",
          "[load][sweep]") {
    for (std::size_t const clients : {3U, 4U, 8U, 10U, 50U}) {
        for (Clock::duration const duration : {2s, 3s, 4s, 6s}) {
            CAPTURE(clients, duration.count());
            CHECK_FALSE(play({.clients = clients, .rate = 100, .duration = duration}, taking(100ms))
                            .is_too_low());
        }
    }
}

TEST_CASE("Clients that were too few in the warm-up need not be so any more", "[load]") {
    // 12.5 messages would have to be in flight, of which in the end all are answered.
    Test const warm_up{.clients = 10, .rate = 250, .duration = 4s, .sends_all = true};
    auto concurrency = play(warm_up, answering_in(50ms));
    REQUIRE(concurrency.is_too_low());
    concurrency.begin_at(Moment(9s));
    concurrency.sent(Moment(10s));
    CHECK_FALSE(concurrency.is_too_low());
}

TEST_CASE("A server that was slow in the warm-up does not make clients too few", "[load][sweep]") {
    for (Clock::duration const stall : {1000ms, 300ms}) {
        for (Clock::duration const before_end : {500ms, 50ms, 1ms, 0ms}) {
            CAPTURE(stall.count(), before_end.count());
            constexpr Clock::duration warm_up = 2s;
            Test const test{.clients = 10, .rate = 1000, .duration = 6s, .begin = Moment(warm_up)};
            auto const slow_until = Moment(warm_up) - before_end;
            CHECK_FALSE(play(test, stalling(1ms, slow_until - stall, stall)).is_too_low());
        }
    }
}

TEST_CASE("Clients that are too few are so after a warm-up too", "[load]") {
    CHECK(
        play({.clients = 10, .rate = 250, .duration = 6s, .begin = Moment(2s)}, answering_in(50ms))
            .is_too_low());
}

TEST_CASE("Clients that are too few for Poisson arrivals are so in most tests", "[load][sweep]") {
    for (std::size_t const clients : {20U, 50U}) {
        for (double const asked : {1.05, 1.2, 1.5, 3.0, 50.0}) {  // of what they can send
            double const rate = asked * static_cast<double>(clients) / 0.05;
            std::size_t blamed = 0;
            for (std::uint32_t seed = 1; seed <= 50; ++seed) {
                auto const test =
                    play({.clients = clients, .rate = rate, .duration = 8s, .poisson_seed = seed},
                         answering_in_about(50ms, seed));
                blamed += test.is_too_low() ? 0 : 1;
            }
            CAPTURE(clients, asked);
            CHECK(blamed <= 2);
        }
    }
}

TEST_CASE("A server that takes less than is asked of it is slow, however many clients there are",
          "[load][sweep]") {
    for (std::size_t const clients : {4U, 20U, 100U, 1000U}) {
        for (double const rate : {1100.0, 2000.0, 50'000.0}) {
            CAPTURE(clients, rate);
            CHECK_FALSE(play({.clients = clients, .rate = rate, .duration = 10s}, taking(1ms))
                            .is_too_low());
        }
    }
}

TEST_CASE("A server that now and then takes less than is asked of it is slow", "[load][sweep]") {
    // Most messages have others before them in its queue, whether clients have to wait or not.
    auto const taking_about = [](Clock::duration mean, std::uint32_t seed) {
        return [mean, free = Moment(), random = std::mt19937(seed)](Moment sent) mutable {
            double const factor = std::exponential_distribution<>(1)(random);
            free = std::max(free, sent) + std::chrono::round<Clock::duration>(mean * factor);
            return free;
        };
    };
    for (std::size_t const clients : {10U, 20U, 50U}) {
        for (double const rate : {102.0, 105.0, 110.0, 120.0, 150.0}) {
            std::size_t not_blamed = 0;
            for (std::uint32_t seed = 1; seed <= 50; ++seed) {
                Test const even{.clients = clients, .rate = rate, .duration = 20s};
                Test const poisson{
                    .clients = clients, .rate = rate, .duration = 20s, .poisson_seed = seed};
                not_blamed += play(poisson, taking(10ms)).is_too_low() ? 1 : 0;
                not_blamed += play(poisson, taking_about(10ms, seed)).is_too_low() ? 1 : 0;
                not_blamed += play(even, taking_about(10ms, seed)).is_too_low() ? 1 : 0;
            }
            CAPTURE(clients, rate);
            CHECK(not_blamed <= 5);  // of 150
        }
    }
}

TEST_CASE("A server that stands still for a second is slow", "[load][sweep]") {
    for (std::size_t const clients : {1U, 5U, 20U, 100U}) {
        for (double const rate : {100.0, 1000.0, 2000.0, 5000.0}) {
            CAPTURE(clients, rate);
            CHECK_FALSE(play({.clients = clients, .rate = rate, .duration = 10s},
                             stalling(100us, Moment(4s), 1s))
                            .is_too_low());
        }
    }
}

TEST_CASE("A server that stands still is slow though it was busy before and after", "[load]") {
    // Between its stall and the end it catches up: on average, answers take little longer.
    auto const server = [free = Moment()](Moment sent) mutable {
        bool const stands_still = sent < Moment(1s);
        free = std::max(stands_still ? Moment(1s) : sent, free) + 650us;
        return free;
    };
    CHECK_FALSE(play({.clients = 20, .rate = 1000, .duration = 3s}, server).is_too_low());
}

TEST_CASE("What several loops saw adds up", "[load]") {
    auto sum = play({.clients = 10, .rate = 250, .duration = 4s}, answering_in(50ms));
    sum.add(play({.clients = 10, .rate = 250, .duration = 4s}, answering_in(50ms)));
    CHECK(sum.is_too_low());
    CHECK(std::abs(sum.free_service_s() - 0.05) < 1e-6);
}

}  // namespace roger
