// Writes blocks of records, by the loop or by a thread.
#include "server/display.hpp"

#include "net/signal_mask.hpp"
#include "net/thread.hpp"

#include <fmt/format.h>

#include <utility>

namespace roger {

namespace {

/// Lines of the log that wait for the writer.
constexpr std::size_t most_log_lines_waiting = 256;

}  // namespace

Display::Display(Sink& sink, Options options) : sink_(sink), options_(options) {
    for (std::size_t loop = 0; loop < options_.loops; ++loop) {
        buffers_.push_back(std::make_unique<RecordBuffer>(
            *this, RecordBuffer::Format{.show = options_.show, .server = {}}));
    }
    SignalsBlocked const in_the_thread;
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
    // A coroutine that still waits is destroyed through its executor.
    for (auto const& buffer : buffers_) {
        buffer->destroy_waiters();
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

/// On the buffer's loop. It does not hold the lock while it writes: a file that hangs is to hold up
/// this loop alone.
void Display::write(RecordBuffer& buffer) {
    {
        std::lock_guard const lock(guard_);
        if (is_for_writer()) {
            to_write_.push_back(&buffer);
            writer_busy_ = true;
            handed_over_.notify_one();
            return;
        }
        loop_writes_ = true;
    }
    bool const done = write_now(buffer.block());
    std::error_code const failure = failure_;
    {
        std::lock_guard const lock(guard_);
        loop_writes_ = false;
        if (!done) {
            // The rest of a record follows its beginning.
            to_write_.insert(to_write_.begin(), &buffer);
            writer_busy_ = true;
        }
        if (writer_busy_) {
            handed_over_.notify_one();
        }
    }
    if (done) {
        buffer.written(buffer.block().taken, failure);
    }
}

/// It is while the writer or another loop is writing: their records come first, and whole.
bool Display::is_for_writer() const {
    return writer_busy_ || loop_writes_ || options_.sync || sink_.is_shared() ||
           (sink_.may_block() && !latency_.is_low());
}

/// Only writes to a file are timed.
template <typename Write>
std::error_code Display::timed(Write write) {
    return sink_.may_block() ? latency_.measure(write) : write();
}

/// Returns whether nothing is left for the writer.
bool Display::write_now(RecordBuffer::Block& block) {
    std::string_view rest = block.bytes;
    if (!failure_) {
        failure_ = timed([&] { return sink_.write_now(rest); });
    }
    block.taken = block.bytes.size() - rest.size();
    return failure_ || rest.empty();
}

std::string Display::describe(std::error_code failure) const {
    if (failure == std::errc::operation_canceled) {
        return "standard output does not take what is written to it";
    }
    return fmt::format("cannot write to standard output: {}", failure.message());
}

void Display::run_writer() {
    std::vector<RecordBuffer*> buffers;
    std::vector<std::string> lines;
    std::unique_lock lock(guard_);
    for (;;) {
        writer_busy_ = !to_write_.empty() || !lines_.empty();
        if (!writer_busy_) {
            idle_.notify_all();
        }
        handed_over_.wait(lock, [this] { return closing_ || (writer_busy_ && !loop_writes_); });
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

void Display::write_buffers(std::vector<RecordBuffer*> const& buffers) {
    for (RecordBuffer* buffer : buffers) {
        RecordBuffer::Block& block = buffer->block();
        std::string_view rest = std::string_view(block.bytes).substr(block.taken);
        if (!failure_) {
            failure_ = timed([&] { return sink_.write(rest); });
        }
        block.taken = block.bytes.size() - rest.size();
    }
    // What was written before a failure counts all the same, if it can be synced.
    std::error_code const unsynced = options_.sync ? sink_.sync() : std::error_code{};
    if (!failure_) {
        failure_ = unsynced;
    }
    for (RecordBuffer* buffer : buffers) {
        buffer->post_written(unsynced ? 0 : buffer->block().taken, failure_);
    }
}

/// Also after a failure, since they may report it. A newline comes first where a record is torn.
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
