// Deadlines of many connections with one timer. All of them have the same length, so they expire in
// the order in which they were set.
#pragma once

#include <asio.hpp>

#include <chrono>
#include <list>

// [deadlines]
struct Deadlines {
    struct Entry {
        std::chrono::steady_clock::time_point at;
        asio::ip::tcp::socket* socket;
    };

    std::chrono::steady_clock::duration length;
    std::list<Entry> queue;  // the earliest one is in front

    void arm(std::list<Entry>::iterator entry) {
        entry->at = std::chrono::steady_clock::now() + length;
        queue.splice(queue.end(), queue, entry);  // moves it to the end: only pointers change
    }
};
// [/deadlines]

// [deadline]
// One connection's entry, for as long as the connection lives.
class Deadline {
public:
    Deadline(Deadlines& all, asio::ip::tcp::socket& socket)
        : all_(all), entry_(all.queue.insert(all.queue.end(), {{}, &socket})) {
        arm();
    }
    ~Deadline() { all_.queue.erase(entry_); }
    Deadline(Deadline const&) = delete;
    Deadline& operator=(Deadline const&) = delete;

    void arm() { all_.arm(entry_); }

private:
    Deadlines& all_;
    std::list<Deadlines::Entry>::iterator entry_;
};
// [/deadline]

// [watch]
// Cancels what each connection waits for when its time is over.
inline asio::awaitable<void> watch(Deadlines& all) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        auto const now = std::chrono::steady_clock::now();
        while (!all.queue.empty() && all.queue.front().at <= now) {
            all.queue.front().socket->cancel();
            all.arm(all.queue.begin());  // out of the way
        }
        timer.expires_at(all.queue.empty() ? now + all.length : all.queue.front().at);
        co_await timer.async_wait();
    }
}
// [/watch]
