// Gathers records, has them written, and resumes whoever waits for that.
#include "server/record_buffer.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace roger {

namespace {

/// Nothing is added to a block of records this long: clients wait for the next (promise P4).
constexpr std::size_t most_bytes_gathered = 1024 * 1024;

std::int64_t now_ms() {
    auto const since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

}  // namespace

void RecordBuffer::attach(asio::io_context::executor_type const& loop,
                          std::function<void()> not_full) {
    loop_ = loop;
    not_full_ = std::move(not_full);
}

void RecordBuffer::begin(PeerAddress const& sender) {
    sender_ = format_.show == Show::json ? &sender : nullptr;
}

void RecordBuffer::add(std::string_view message) {
    if (sender_ != nullptr) {
        from_ = to_string(std::exchange(sender_, nullptr)->address());
        time_ms_ = now_ms();
    }
    if (gathered_.empty()) {
        gathered_since_ = std::chrono::steady_clock::now();
    }
    std::size_t const before = gathered_.size();
    append_record(gathered_, format_.show, message,
                  {.server = format_.server, .from = from_, .time_ms = time_ms_});
    end_ += gathered_.size() - before;
}

bool RecordBuffer::full() const {
    return gathered_.size() >= most_bytes_gathered && !failure_;
}

void RecordBuffer::write() {
    if (writing_ || gathered_.empty()) {
        return;
    }
    writing_ = true;
    block_begin_ = end_ - gathered_.size();
    std::swap(gathered_, block_.bytes);
    block_.taken = 0;
    block_.since = gathered_since_;
    in_block_.take(unwritten);
    block_writer_.write(*this);
    not_full_();
}

void RecordBuffer::written(std::size_t bytes, std::error_code failure) {
    if (!failure_) {  // after a failure nothing counts as written
        written_ = block_begin_ + bytes;
    }
    failure_ = failure;
    if (failure) {
        resume_block();  // they ask how far it came
        end_block();
        return;
    }
    WaiterQueue settled;
    settled.take(in_block_);
    end_block();  // the next is written while those who waited go on
    settled.resume_all();
}

void RecordBuffer::refuse_rest(std::size_t bytes) {
    written_ = block_begin_ + bytes;
    refusing_ = true;
    resume_block();
    refusing_ = false;
    written_ = block_end();
    end_block();
}

void RecordBuffer::resume_block() {
    WaiterQueue settled;
    settled.take(in_block_);
    settled.resume_all();
}

void RecordBuffer::end_block() {
    block_.bytes.clear();
    writing_ = false;
    write();
}

void RecordBuffer::post_written(std::size_t bytes, std::error_code failure) {
    asio::post(*loop_, [this, bytes, failure] { written(bytes, failure); });
}

void RecordBuffer::post_refuse_rest(std::size_t bytes) {
    asio::post(*loop_, [this, bytes] { refuse_rest(bytes); });
}

/// Each record has its one newline at its end.
std::size_t RecordBuffer::count_written(Position end, std::size_t count) const {
    if (written_ >= end) {
        return count;
    }
    if (end > block_end()) {
        return 0;
    }
    Position const begin = std::max(written_, block_begin_);
    auto const rest = std::string_view(block_.bytes).substr(begin - block_begin_, end - begin);
    auto const unwritten_records = static_cast<std::size_t>(std::ranges::count(rest, '\n'));
    return count - std::min(count, unwritten_records);
}

std::string RecordBuffer::failure() const {
    return failure_ ? block_writer_.describe(failure_) : std::string();
}

void RecordBuffer::destroy_waiters() {
    unwritten.destroy_all();
    in_block_.destroy_all();
}

}  // namespace roger
