// Appends blocks to a stream, a thread for each event loop.
#include "server/publisher.hpp"

#include "net/signal_mask.hpp"
#include "net/thread.hpp"
#include "server/record_buffer.hpp"
#include "stream/ordered_appender.hpp"
#include "stream/piece_size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

namespace roger {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Tells this process's blocks from those of another, and of the one before it.
std::string new_writer_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

/// One event loop's records, and the thread that publishes them.
class Publisher::Worker final : BlockWriter, Cutter, RetryTime {
public:
    Worker(Publisher& publisher, std::size_t loop, Options const& options)
        : stream_(publisher.stream_),
          outage_(publisher.outage_),
          loop_(loop),
          timeout_(options.timeout),
          buffer_(*this, {.show = options.show, .server = options.server}),
          store_(stream_.subject_of(loop)),
          appender_(*store_, new_writer_id(), events_of(publisher, loop, options)) {
        SignalsBlocked const in_the_thread;
        thread_ = start_thread([this] { run(); });
    }
    /// Also where a later loop's worker could not be made.
    ~Worker() override { finish(); }
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;

    [[nodiscard]] RecordBuffer& buffer() { return buffer_; }

    /// Its thread may be in a call that does not end: whoever waits goes on without it.
    void abandon() {
        std::lock_guard const lock(guard_);
        abandoned_ = true;
        changed_.notify_all();
        give_up_block();
    }

    void finish() {
        {
            std::lock_guard const lock(guard_);
            abandoned_ = closing_ = true;
            changed_.notify_all();
        }
        if (thread_.joinable()) {
            thread_.join();
        }
        buffer_.destroy_waiters();
    }

private:
    static OrderedAppender::Events events_of(Publisher& publisher, std::size_t loop,
                                             Options const& options) {
        Outage& outage = publisher.outage_;
        return {
            .cannot_store =
                [&outage, loop](std::string const& reason) { outage.cannot_store(loop, reason); },
            .stored = [&outage, loop] { outage.stored(loop); },
            .found_foreign =
                [&outage, server = options.server] {
                    outage.warn(
                        fmt::format("somebody else publishes as {} too: give each server a "
                                    "--server-name of its own",
                                    server));
                },
            .found_less =
                [&outage] {
                    outage.warn(
                        "the subject ends before what was acknowledged: the stream was purged or "
                        "recreated, or a server that lags has answered");
                }};
    }

    void write(RecordBuffer& /*buffer*/) override {
        std::lock_guard const lock(guard_);
        has_block_ = true;
        stored_ = 0;
        changed_.notify_all();
        if (abandoned_) {
            give_up_block();
        }
    }

    [[nodiscard]] std::string describe(std::error_code /*failure*/) const override {
        return "the stream does not take what is published to it";
    }

    void run() {
        std::string block;
        std::unique_lock lock(guard_);
        for (;;) {
            changed_.wait(lock, [this] { return has_block_ || closing_; });
            if (!has_block_) {
                return;
            }
            block = buffer_.block().bytes;  // a copy: the buffer can be done with it before we are
            until_ = timeout_ ? std::optional(buffer_.block().since + *timeout_) : std::nullopt;
            lock.unlock();
            append(block);
            lock.lock();
            if (std::exchange(has_block_, false)) {
                if (stored_ == block.size()) {
                    buffer_.post_written(stored_, {});
                } else {
                    buffer_.post_refuse_rest(stored_);
                }
            }
        }
    }

    void append(std::string_view block) {
        while (!block.empty()) {
            std::size_t const bytes = appender_.append(block, *this, *this);
            if (bytes == 0) {
                outage_.given_up(loop_);
                return;
            }
            piece_size_.stored(bytes, Clock::now() - attempted_);
            block.remove_prefix(bytes);
            std::lock_guard const lock(guard_);
            stored_ += bytes;
        }
    }

    std::string_view next_piece(std::string_view records) override {
        std::size_t const most = stream_.most_bytes();
        std::string_view piece = leading_records(records, std::min(most, piece_size_.most()));
        if (piece.empty()) {  // a long record goes alone
            piece = leading_records(records.substr(0, records.find('\n') + 1), most);
        }
        attempted_ = Clock::now();
        return piece;
    }

    void too_long() override {
        outage_.refused(
            fmt::format("refused: a record is longer than the {} bytes that the stream takes at "
                        "most now, beside a message's headers: raise its max_msg_size or the NATS "
                        "servers' max_payload, or start the server with a lower --max-message",
                        stream_.most_bytes()));
    }

    void not_answered(std::size_t bytes) override { piece_size_.not_answered(bytes); }

    /// With the lock.
    void give_up_block() {
        if (std::exchange(has_block_, false)) {
            buffer_.post_written(stored_, std::make_error_code(std::errc::operation_canceled));
        }
    }

    milliseconds left() override {
        std::lock_guard const lock(guard_);
        if (abandoned_) {
            return milliseconds(0);
        }
        return until_ ? std::max(milliseconds(0),
                                 std::chrono::ceil<milliseconds>(*until_ - Clock::now()))
                      : milliseconds::max();
    }

    void pause(milliseconds time) override {
        std::unique_lock lock(guard_);
        changed_.wait_for(lock, time, [this] { return abandoned_; });
    }

    Stream& stream_;
    Outage& outage_;
    std::size_t loop_;
    Timeout timeout_;
    RecordBuffer buffer_;
    std::unique_ptr<BlockStore> store_;
    OrderedAppender appender_;
    // The thread's alone:
    std::optional<Clock::time_point> until_;  ///< when its block is given up
    Clock::time_point attempted_;             ///< when its last piece was sent
    PieceSize piece_size_;
    // Guarded:
    std::mutex guard_;
    std::condition_variable changed_;
    bool has_block_ = false;  ///< from write() until it is stored or given up
    std::size_t stored_ = 0;  ///< bytes of the block
    bool abandoned_ = false;
    bool closing_ = false;
    std::jthread thread_;
};

Publisher::Publisher(Stream& stream, Options const& options)
    : stream_(stream), outage_(options.log) {
    for (std::size_t loop = 0; loop < options.loops; ++loop) {
        workers_.push_back(std::make_unique<Worker>(*this, loop, options));
    }
}

Publisher::~Publisher() {
    finish();
}

MessageWriter& Publisher::writer(std::size_t loop) {
    return workers_[loop]->buffer();
}

void Publisher::abandon() {
    for (auto const& worker : workers_) {
        worker->abandon();
    }
}

void Publisher::finish() {
    stream_.close();
    for (auto const& worker : workers_) {
        worker->finish();
    }
}

std::string_view leading_records(std::string_view records, std::size_t most) {
    if (records.size() <= most) {
        return records;
    }
    std::size_t const end = most == 0 ? records.npos : records.rfind('\n', most - 1);
    return end == records.npos ? std::string_view() : records.substr(0, end + 1);
}

}  // namespace roger
