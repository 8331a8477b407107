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

/// Nothing is added to a block of records this long: batches wait for the next (promise P4).
constexpr std::size_t most_bytes_filling = 1024 * 1024;

/// Of one batch in one block: the rest waits for the next, behind what others have
/// (promise P5).
constexpr std::size_t most_records_in_a_turn = 1024;

/// Lines of the log that wait for the writer.
constexpr std::size_t most_log_lines_waiting = 256;

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

bool Display::OutputBuffer::full() const {
    return filling.size() >= most_bytes_filling;
}

Display::Display(Sink& sink, Options options) : sink_(sink), options_(options) {
    for (std::size_t loop = 0; loop < options_.loops; ++loop) {
        buffers_.push_back(std::make_unique<OutputBuffer>());
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
    for (auto const& buffer : buffers_) {
        for (AsyncCondition* const condition :
             {&buffer->for_room, &buffer->for_filling, &buffer->for_writing}) {
            condition->destroy_all();
        }
    }
}

void Display::write_line(std::string_view line) {
    std::lock_guard const lock(guard_);
    if (lines_.size() < most_log_lines_waiting) {
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
    OutputBuffer& buffer = *buffers_[batch.loop()];
    if (!buffer.executor) {
        buffer.executor = co_await asio::this_coro::executor;
    }
    Stamp stamp;
    if (options_.show == Show::json) {
        stamp.time_ms = now_ms();
    }
    std::size_t shown = 0;
    for (Batch::Iterator next = batch.begin(); next != batch.end();) {
        while (buffer.full() && !buffer.failure) {
            co_await buffer.for_room.wait();
        }
        RecordRange const range = fill(buffer, batch, next, stamp);
        while (buffer.written < range.end && !buffer.failure) {
            co_await buffer.for_filling.wait();
        }
        if (buffer.written < range.end) {
            shown += count_written(buffer, range, stamp);
            throw HandlerError(describe(buffer.failure), shown);
        }
        shown += range.count;
        next = range.last;
    }
}

void Display::append(std::string& out, Message const& message, Stamp& stamp) const {
    if (options_.show == Show::json && message.sender != stamp.sender) {
        stamp.sender = message.sender;
        stamp.from = to_string(message.from());
    }
    append_record(out, options_.show, message.text, stamp.from, stamp.time_ms);
}

Display::RecordRange Display::fill(OutputBuffer& buffer, Batch const& batch, Batch::Iterator first,
                                   Stamp& stamp) {
    RecordRange range{first, first, 0, buffer.filled, buffer.filled};
    std::size_t const before = buffer.filling.size();
    while (range.last != batch.end() && range.count != most_records_in_a_turn && !buffer.full()) {
        append(buffer.filling, *range.last, stamp);
        ++range.last;
        ++range.count;
    }
    buffer.filled += buffer.filling.size() - before;
    range.end = buffer.filled;
    schedule_hand_over(buffer);
    return range;
}

/// After a failure: how many records of a range were taken whole. They are made once more, to
/// learn their sizes, since nothing keeps these when all goes well.
std::size_t Display::count_written(OutputBuffer const& buffer, RecordRange const& range,
                                   Stamp& stamp) const {
    std::size_t count = 0;
    Position position = range.begin;
    std::string record;
    for (auto message = range.first; message != range.last; ++message) {
        record.clear();
        append(record, *message, stamp);
        position += record.size();
        if (position > buffer.written) {
            break;
        }
        ++count;
    }
    return count;
}

/// The hand-over waits behind the loop's other ready work: whatever those sessions have to show
/// goes into the same write.
void Display::schedule_hand_over(OutputBuffer& buffer) {
    if (buffer.in_writing || std::exchange(buffer.handing_over, true)) {
        return;
    }
    asio::post(*buffer.executor, [this, &buffer] {
        buffer.handing_over = false;
        hand_over(buffer);
    });
}

void Display::hand_over(OutputBuffer& buffer) {
    std::swap(buffer.filling, buffer.writing);
    std::swap(buffer.for_filling, buffer.for_writing);
    buffer.in_writing = true;
    std::unique_lock lock(guard_);
    bool const done = write_now(buffer);
    std::error_code const failure = done ? failure_ : std::error_code{};
    if (!done) {
        to_write_.push_back(&buffer);
        writer_busy_ = true;
        handed_over_.notify_one();
    }
    lock.unlock();
    if (done) {
        written(buffer, buffer.taken, failure);
    }
    buffer.for_room.notify_all();
}

/// Returns whether that was the end of it. While the writer is at the output it is not: what it
/// writes comes first, and whole. Under the lock, so that the rest of a record follows its
/// beginning.
bool Display::write_now(OutputBuffer& buffer) {
    buffer.taken = 0;
    if (writer_busy_ || options_.sync || !sink_.can_write_now()) {
        return false;
    }
    std::string_view rest = buffer.writing;
    if (!failure_) {
        failure_ = sink_.write_now(rest);
    }
    buffer.taken = buffer.writing.size() - rest.size();
    return failure_ || rest.empty();
}

/// Back on the buffer's loop: `bytes` of `writing` have been taken.
void Display::written(OutputBuffer& buffer, std::size_t bytes, std::error_code failure) {
    buffer.written += bytes;
    buffer.writing.clear();
    buffer.in_writing = false;
    buffer.failure = failure;
    AsyncCondition waited = std::exchange(buffer.for_writing, {});
    if (!buffer.filling.empty()) {
        hand_over(buffer);
    }
    waited.notify_all();
}

void Display::run_writer() {
    std::vector<OutputBuffer*> buffers;
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
        buffers.swap(to_write_);
        lines.swap(lines_);
        lock.unlock();
        if (!buffers.empty()) {
            write_buffers(buffers);
        }
        write_lines(lines);
        buffers.clear();
        lines.clear();
        lock.lock();
    }
}

void Display::write_buffers(std::vector<OutputBuffer*> const& buffers) {
    for (OutputBuffer* buffer : buffers) {
        std::string_view rest = std::string_view(buffer->writing).substr(buffer->taken);
        if (!failure_) {
            failure_ = sink_.write(rest);
        }
        buffer->taken = buffer->writing.size() - rest.size();
    }
    // What was written before a failure counts all the same, if it can be synced.
    std::error_code const unsynced = options_.sync ? sink_.sync() : std::error_code{};
    if (!failure_) {
        failure_ = unsynced;
    }
    for (OutputBuffer* buffer : buffers) {
        std::size_t const bytes = unsynced ? 0 : buffer->taken;
        asio::post(*buffer->executor,
                   [this, buffer, bytes, failure = failure_] { written(*buffer, bytes, failure); });
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
