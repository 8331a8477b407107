// Coroutines that wait for something to happen.
#include "net/async_condition.hpp"

#include "net/spawn.hpp"
#include "roger/task.hpp"
#include "support/rethrow.hpp"

#include <asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string>

namespace {

roger::Task<void> wait_until(bool& ready, roger::AsyncCondition& condition, std::string& log,
                             char name) {
    while (!ready) {
        co_await condition.wait();
        log += name;
    }
    log += '!';
}

}  // namespace

TEST_CASE("whoever waits is resumed in order, and looks again at what it waits for",
          "[condition]") {
    asio::io_context context;
    roger::AsyncCondition condition;
    bool ready = false;
    std::string log;
    for (char const name : {'a', 'b', 'c'}) {
        roger::spawn(context.get_executor(), wait_until(ready, condition, log, name),
                     roger::test::rethrow);
    }
    context.poll();
    CHECK(log.empty());
    CHECK_FALSE(condition.empty());

    asio::post(context, [&] { condition.notify_all(); });
    context.restart();
    context.poll();
    CHECK(log == "abc");
    CHECK_FALSE(condition.empty());

    ready = true;
    asio::post(context, [&] { condition.notify_all(); });
    context.restart();
    context.poll();
    CHECK(log == "abca!b!c!");
    CHECK(condition.empty());
}

TEST_CASE("what a coroutine throws reaches whoever spawned it, in words", "[spawn]") {
    asio::io_context context;
    std::string told;
    auto const fail = [](int which) -> roger::Task<void> {
        if (which == 1) {
            throw std::runtime_error("the sentence");
        }
        if (which == 2) {
            throw which;
        }
        co_return;
    };
    auto const tell = [&](std::exception_ptr const& thrown) {
        told = thrown ? roger::describe(thrown) : "nothing";
    };
    roger::spawn(context.get_executor(), fail(0), tell);
    context.run();
    CHECK(told == "nothing");
    roger::spawn(context.get_executor(), fail(1), tell);
    context.restart();
    context.run();
    CHECK(told == "the sentence");
    roger::spawn(context.get_executor(), fail(2), tell);
    context.restart();
    context.run();
    CHECK(told == "an exception that is no std::exception");
}
