// Coroutines that wait to be resumed.
#include "net/waiter.hpp"

#include "net/spawn.hpp"
#include "roger/task.hpp"
#include "support/rethrow.hpp"

#include <asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <vector>

using roger::Task;
using roger::Waiter;
using roger::WaiterQueue;
using roger::test::rethrow;

namespace {

/// Coroutines with a name each, which stands in the log when they go on.
struct Waiting {
    asio::io_context context;
    WaiterQueue queue;
    std::string log;

    /// Waits so many times.
    void start(char name, Waiter& waiter, int times = 1) {
        roger::spawn(context.get_executor(), wait(name, waiter, times), rethrow);
        run();
    }
    void run() {
        context.restart();
        context.poll();
    }
    void resume_all() {
        asio::post(context, [this] { queue.resume_all(); });
        run();
    }

private:
    Task<void> wait(char name, Waiter& waiter, int times) {
        for (; times != 0; --times) {
            co_await queue.wait(waiter);
            log += name;
        }
    }
};

}  // namespace

TEST_CASE("Those who wait are resumed in order", "[waiter]") {
    Waiting waiting;
    std::vector<Waiter> waiters(3);
    waiting.start('a', waiters[0]);
    waiting.start('b', waiters[1]);
    waiting.start('c', waiters[2]);
    CHECK(waiting.log.empty());
    CHECK(waiters[0].waiting());
    waiting.resume_all();
    CHECK(waiting.log == "abc");
    CHECK(waiting.queue.empty());
    CHECK_FALSE(waiters[0].waiting());
}

TEST_CASE("Who waits once more is resumed the next time", "[waiter]") {
    Waiting waiting;
    std::vector<Waiter> waiters(2);
    waiting.start('a', waiters[0], 2);
    waiting.start('b', waiters[1]);
    waiting.resume_all();
    CHECK(waiting.log == "ab");
    waiting.resume_all();
    CHECK(waiting.log == "aba");
}

TEST_CASE("One can be resumed out of its turn, and leaves its queue", "[waiter]") {
    Waiting waiting;
    std::vector<Waiter> waiters(2);
    waiting.start('a', waiters[0]);
    waiting.start('b', waiters[1]);
    asio::post(waiting.context, [&] { waiters[1].resume(); });
    waiting.run();
    CHECK(waiting.log == "b");
    waiting.resume_all();
    CHECK(waiting.log == "ba");
    waiters[0].resume();  // nobody waits there
    CHECK(waiting.log == "ba");
}

TEST_CASE("A waiter that goes while others are resumed is not touched", "[waiter]") {
    Waiting waiting;
    std::vector<std::unique_ptr<Waiter>> waiters;
    waiters.push_back(std::make_unique<Waiter>());
    waiters.push_back(std::make_unique<Waiter>());
    waiting.start('b', *waiters[1]);
    // Ahead of it, one who lets it go.
    WaiterQueue all;
    roger::spawn(
        waiting.context.get_executor(),
        [](WaiterQueue& queue, std::vector<std::unique_ptr<Waiter>>& them) -> Task<void> {
            co_await queue.wait(*them[0]);
            them[1].reset();
        }(all, waiters),
        rethrow);
    waiting.run();
    all.take(waiting.queue);
    asio::post(waiting.context, [&] { all.resume_all(); });
    waiting.run();
    CHECK(waiting.log.empty());
    CHECK(all.empty());
}

TEST_CASE("Those who are let go of never go on, and what they hold is freed", "[waiter]") {
    Waiting waiting;
    Waiter waiter;
    auto const held = std::make_shared<int>(1);
    roger::spawn(
        waiting.context.get_executor(),
        [](Waiting& place, Waiter& where, std::shared_ptr<int> holding) -> Task<void> {
            co_await place.queue.wait(where);
            place.log += std::to_string(*holding);
        }(waiting, waiter, held),
        rethrow);
    waiting.run();
    CHECK(held.use_count() == 2);
    waiting.queue.destroy_all();
    waiting.run();
    CHECK(held.use_count() == 1);
    CHECK(waiting.log.empty());
    CHECK(waiting.queue.empty());
}
