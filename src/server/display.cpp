// Gathers records, hands them to the writer, and wakes whoever waits for them.
#include "server/display.hpp"

#include "net/thread.hpp"
#include "roger/server.hpp"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace roger {

namespace {

/// A block of records this long is not added to: whoever has more waits for room (promise P4).
constexpr std::size_t most_bytes_filling = 1024 * 1024;

/// Lines of the log that wait for the writer.
constexpr std::size_t most_lines_waiting = 256;

std::int64_t now_ms() {
    auto const since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

std::string describe(std::error_code failure) {
    if (failure == std::errc::operation_canceled) {
        return "standard output does not take what is written to it";
    }
    return fmt::format("cannot write to standard output: {}", failure.message());
}

}  // namespace

bool Display::Page::full() const {
    return filling.size() >= most_bytes_filling;
}

Display::Display(Sink& sink, Options options) : sink_(sink), options_(options) {
    for (std::size_t loop = 0; loop < options_.loops; ++loop) {
        pages_.push_back(std::make_unique<Page>());
    }
    writer_ = start_thread([this] { run_writer(); });
}

Display::~Display() {
    finish();
}

void Display::finish() {
    sink_.stop();
    {
        std::lock_guard const lock(guard_);
        closing_ = true;
        handed_over_.notify_one();
    }
    if (writer_.joinable()) {
        writer_.join();
    }
    // A coroutine that is let go of is destroyed through its executor.
    for (auto const& page : pages_) {
        for (Waiters* const waiters : {&page->for_room, &page->for_filling, &page->for_writing}) {
            waiters->destroy_all();
        }
    }
}

void Display::write_line(std::string_view line) {
    std::lock_guard const lock(guard_);
    if (lines_.size() < most_lines_waiting) {
        lines_.emplace_back(line);
        writer_busy_ = true;
        handed_over_.notify_one();
    }
}

void Display::flush_lines(std::chrono::milliseconds most) {
    std::unique_lock lock(guard_);
    idle_.wait_for(lock, most, [this] { return lines_.empty() && !writer_busy_; });
}

Task<void> Display::show(Batch const& batch) {
    Page& page = *pages_[batch.loop()];
    if (!page.executor) {
        page.executor = co_await asio::this_coro::executor;
    }
    Stamp stamp;
    if (options_.show == Show::json) {
        stamp.time_ms = now_ms();
    }
    std::size_t shown = 0;
    for (Batch::Iterator next = batch.begin(); next != batch.end();) {
        while (page.full() && !page.failure) {
            co_await page.for_room.wait();
        }
        Stretch const stretch = fill(page, batch, next, stamp);
        while (page.written < stretch.end && !page.failure) {
            co_await page.for_filling.wait();
        }
        if (page.written < stretch.end) {
            shown += count_written(page, stretch, stamp);
            throw NotShown(describe(page.failure), shown);
        }
        shown += stretch.count;
        next = stretch.last;
    }
}

void Display::append(std::string& out, Message const& message, Stamp& stamp) const {
    if (options_.show == Show::json && message.sender != stamp.sender) {
        stamp.sender = message.sender;
        stamp.from = to_string(message.from());
    }
    append_record(out, options_.show, message.text, stamp.from, stamp.time_ms);
}

Display::Stretch Display::fill(Page& page, Batch const& batch, Batch::Iterator first,
                               Stamp& stamp) {
    Stretch stretch{first, first, 0, page.filled, page.filled};
    std::size_t const before = page.filling.size();
    while (stretch.last != batch.end() && !page.full()) {
        append(page.filling, *stretch.last, stamp);
        ++stretch.last;
        ++stretch.count;
    }
    page.filled += page.filling.size() - before;
    stretch.end = page.filled;
    schedule_hand_over(page);
    return stretch;
}

/// After a failure: how many records of a stretch were taken whole. They are made once more, to
/// learn their sizes, since nothing keeps these when all goes well.
std::size_t Display::count_written(Page const& page, Stretch const& stretch, Stamp& stamp) const {
    std::size_t count = 0;
    Position position = stretch.begin;
    std::string record;
    for (auto message = stretch.first; message != stretch.last; ++message) {
        record.clear();
        append(record, *message, stamp);
        position += record.size();
        if (position > page.written) {
            break;
        }
        ++count;
    }
    return count;
}

/// The hand-over waits behind the loop's other ready work: whatever those sessions have to show
/// goes into the same write.
void Display::schedule_hand_over(Page& page) {
    if (page.in_writing || std::exchange(page.handing_over, true)) {
        return;
    }
    asio::post(*page.executor, [this, &page] {
        page.handing_over = false;
        hand_over(page);
    });
}

void Display::hand_over(Page& page) {
    std::swap(page.filling, page.writing);
    std::swap(page.for_filling, page.for_writing);
    page.in_writing = true;
    std::unique_lock lock(guard_);
    bool const done = write_now(page);
    std::error_code const failure = done ? failure_ : std::error_code{};
    if (!done) {
        to_write_.push_back(&page);
        writer_busy_ = true;
        handed_over_.notify_one();
    }
    lock.unlock();
    if (done) {
        written(page, page.taken, failure);
    }
    page.for_room.wake_all();
}

/// Returns whether that was the end of it. While the writer is at the output it is not: what it
/// writes comes first, and whole. Under the lock, so that the rest of a record follows its
/// beginning.
bool Display::write_now(Page& page) {
    page.taken = 0;
    if (writer_busy_ || options_.sync || !sink_.can_write_now()) {
        return false;
    }
    std::string_view rest = page.writing;
    if (!failure_) {
        failure_ = sink_.write_now(rest);
    }
    page.taken = page.writing.size() - rest.size();
    return failure_ || rest.empty();
}

/// Back on the page's loop: `bytes` of `writing` have been taken.
void Display::written(Page& page, std::size_t bytes, std::error_code failure) {
    page.written += bytes;
    page.writing.clear();
    page.in_writing = false;
    page.failure = failure;
    Waiters waited = std::exchange(page.for_writing, {});
    if (!page.filling.empty()) {
        hand_over(page);
    }
    waited.wake_all();
}

void Display::run_writer() {
    std::vector<Page*> pages;
    std::vector<std::string> lines;
    std::unique_lock lock(guard_);
    for (;;) {
        writer_busy_ = !to_write_.empty() || !lines_.empty();
        if (!writer_busy_) {
            idle_.notify_all();
        }
        handed_over_.wait(lock, [this] { return closing_ || writer_busy_; });
        if (!writer_busy_) {
            return;
        }
        pages.swap(to_write_);
        lines.swap(lines_);
        lock.unlock();
        if (!pages.empty()) {
            write_pages(pages);
        }
        write_lines(lines);
        pages.clear();
        lines.clear();
        lock.lock();
    }
}

void Display::write_pages(std::vector<Page*> const& pages) {
    for (Page* page : pages) {
        std::string_view rest = std::string_view(page->writing).substr(page->taken);
        if (!failure_) {
            failure_ = sink_.write(rest);
        }
        page->taken = page->writing.size() - rest.size();
    }
    // What was written before a failure counts all the same, if it can be synced.
    std::error_code const unsynced = options_.sync ? sink_.sync() : std::error_code{};
    if (!failure_) {
        failure_ = unsynced;
    }
    for (Page* page : pages) {
        std::size_t const bytes = unsynced ? 0 : page->taken;
        asio::post(*page->executor,
                   [this, page, bytes, failure = failure_] { written(*page, bytes, failure); });
    }
}

/// Also after a failure, which concerns them less: it is what they tell of. Then behind a newline
/// where it came in the middle of a record.
void Display::write_lines(std::vector<std::string> const& lines) {
    for (std::string const& line : lines) {
        std::string_view newline = sink_.within_line() ? "\n" : "";
        std::string_view rest = line;
        std::error_code error = sink_.write(newline);
        if (!error) {
            error = sink_.write(rest);
        }
        if (!failure_) {
            failure_ = error;
        }
    }
}

}  // namespace roger
