// Deadlines with a time that passes only when a test says so, and with the real timer.
#include "net/deadlines.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

using namespace std::chrono_literals;

namespace {

enum class Timer { idle, message, write, linger };
using DeadlineQueues = roger::DeadlineQueues<Timer>;
using DeadlineTimer = roger::DeadlineTimer<Timer>;
using TimePoint = DeadlineQueues::TimePoint;

/// Waits for something, and notes in a common list when that has lasted too long.
class Patient : roger::DeadlineOwner<Timer> {
public:
    Patient(int name, std::vector<int>& told) : name_(name), told_(told) {}

    roger::Deadline<Timer> deadline{*this};
    std::vector<Timer> came;
    std::function<void()> then = [] {};

private:
    void on_deadline(Timer timer) override {
        came.push_back(timer);
        told_.push_back(name_);
        then();
    }

    int name_;
    std::vector<int>& told_;
};

DeadlineQueues queues_of_seconds() {
    return DeadlineQueues({10s, 3s, 2s, 1s});
}

TimePoint at(std::chrono::milliseconds time) {
    return TimePoint(time);
}

}  // namespace

TEST_CASE("deadlines of one length come in the order in which they were set", "[deadlines]") {
    DeadlineQueues queues = queues_of_seconds();
    std::vector<int> told;
    Patient first(1, told);
    Patient second(2, told);
    Patient third(3, told);
    queues.arm(first.deadline, Timer::idle, at(0s));
    queues.arm(second.deadline, Timer::idle, at(1s));
    queues.arm(third.deadline, Timer::idle, at(1s));

    queues.expire(at(9999ms));
    CHECK(told.empty());
    queues.expire(at(10s));
    CHECK(told == std::vector{1});
    queues.expire(at(11s));
    CHECK(told == std::vector{1, 2, 3});
    CHECK_FALSE(third.deadline.armed());
    CHECK(queues.next() == std::nullopt);
}

TEST_CASE("a deadline that is set again starts from the end of its queue", "[deadlines]") {
    DeadlineQueues queues = queues_of_seconds();
    std::vector<int> told;
    Patient first(1, told);
    Patient second(2, told);
    queues.arm(first.deadline, Timer::idle, at(0s));
    queues.arm(second.deadline, Timer::idle, at(1s));
    queues.arm(first.deadline, Timer::idle, at(5s));
    CHECK(queues.next() == at(11s));
    queues.expire(at(14s));
    CHECK(told == std::vector{2});
    queues.expire(at(15s));
    CHECK(told == std::vector{2, 1});
}

TEST_CASE("each wait has its own length, and tells which it was", "[deadlines]") {
    DeadlineQueues queues = queues_of_seconds();
    std::vector<int> told;
    Patient patient(1, told);
    for (auto const& [wait, length] : std::vector<std::pair<Timer, std::chrono::seconds>>{
             {Timer::idle, 10s}, {Timer::message, 3s}, {Timer::write, 2s}, {Timer::linger, 1s}}) {
        queues.arm(patient.deadline, wait, at(100s));
        CHECK(queues.next() == at(100s) + length);
        queues.expire(at(100s) + length);
        CHECK(patient.came.back() == wait);
    }
    CHECK(patient.came.size() == 4);
}

TEST_CASE("the earliest of all queues is the next", "[deadlines]") {
    DeadlineQueues queues = queues_of_seconds();
    std::vector<int> told;
    Patient slow(1, told);
    Patient fast(2, told);
    queues.arm(slow.deadline, Timer::idle, at(0s));
    CHECK(queues.next() == at(10s));
    queues.arm(fast.deadline, Timer::linger, at(2s));
    CHECK(queues.next() == at(3s));
    fast.deadline.disarm();
    CHECK(queues.next() == at(10s));
}

TEST_CASE("a wait without an end is never armed, and to ask for it disarms", "[deadlines]") {
    DeadlineQueues queues({std::nullopt, 3s, 2s, 1s});
    std::vector<int> told;
    Patient patient(1, told);
    queues.arm(patient.deadline, Timer::message, at(0s));
    queues.arm(patient.deadline, Timer::idle, at(0s));
    CHECK_FALSE(patient.deadline.armed());
    CHECK(queues.next() == std::nullopt);
    queues.expire(at(1000h));
    CHECK(told.empty());
}

TEST_CASE("a deadline that is destroyed leaves its queue in order", "[deadlines]") {
    DeadlineQueues queues = queues_of_seconds();
    std::vector<int> told;
    auto first = std::make_unique<Patient>(1, told);
    auto second = std::make_unique<Patient>(2, told);
    auto third = std::make_unique<Patient>(3, told);
    for (auto* patient : {first.get(), second.get(), third.get()}) {
        queues.arm(patient->deadline, Timer::idle, at(0s));
    }
    second.reset();
    queues.expire(at(10s));
    CHECK(told == std::vector{1, 3});
}

TEST_CASE("an owner may arm, disarm and destroy others when it is told", "[deadlines]") {
    DeadlineQueues queues = queues_of_seconds();
    std::vector<int> told;
    Patient first(1, told);
    auto second = std::make_unique<Patient>(2, told);
    Patient third(3, told);
    for (auto* patient : {&first, second.get(), &third}) {
        queues.arm(patient->deadline, Timer::idle, at(0s));
    }
    first.then = [&] {
        second.reset();
        queues.arm(first.deadline, Timer::idle, at(10s));
    };
    queues.expire(at(10s));
    CHECK(told == std::vector{1, 3});
    CHECK(queues.next() == at(20s));
}

TEST_CASE("the timer tells each owner once, however its deadline was moved", "[deadlines]") {
    asio::io_context context;
    DeadlineQueues queues({2s, 5ms, 20ms, 10ms});
    auto const owner = std::make_shared<int>();
    DeadlineTimer timer(context, queues, owner);
    std::vector<int> told;
    Patient long_wait(1, told);
    Patient moved(2, told);
    Patient disarmed(3, told);
    auto const start = std::chrono::steady_clock::now();
    timer.arm(long_wait.deadline, Timer::idle);
    timer.arm(moved.deadline, Timer::idle);
    timer.arm(disarmed.deadline, Timer::write);
    timer.arm(moved.deadline, Timer::message);
    disarmed.deadline.disarm();
    moved.then = [&] {
        if (moved.came.size() == 1) {
            timer.arm(moved.deadline, Timer::linger);
        }
    };
    context.run();
    CHECK(std::chrono::steady_clock::now() - start >= 2s);
    std::ranges::sort(told);  // all of it may be over when the timer is first looked at
    CHECK(told == std::vector{1, 2, 2});
    CHECK(moved.came == std::vector{Timer::message, Timer::linger});
}

TEST_CASE("a timer that is gone tells nobody, although its owner is there and it is due",
          "[deadlines]") {
    asio::io_context context;
    DeadlineQueues queues({1ms, 1ms, 1ms, 1ms});
    auto const owner = std::make_shared<int>();
    std::optional<DeadlineTimer> timer(std::in_place, context, queues, owner);
    std::vector<int> told;
    Patient patient(1, told);
    timer->arm(patient.deadline, Timer::idle);
    // Both are due when the context looks, and their handlers are in its queue one behind the
    // other.
    asio::steady_timer first(context, patient.deadline.at() - 1ns);
    first.async_wait([&](asio::error_code) { timer.reset(); });
    context.run();
    CHECK(told.empty());
}
