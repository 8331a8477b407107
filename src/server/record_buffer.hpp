// The records of one event loop's clients: gathered while the block before them is being written.
#pragma once

#include "net/waiter.hpp"
#include "protocol/record.hpp"
#include "server/message_writer.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace roger {

class RecordBuffer;

/// Where blocks of records go.
class BlockWriter {
public:
    BlockWriter() = default;
    BlockWriter(BlockWriter const&) = delete;
    BlockWriter& operator=(BlockWriter const&) = delete;
    virtual ~BlockWriter() = default;

    /// Takes the buffer's block, and when done calls one of written() and refuse_rest(), or from
    /// another thread post_written() and post_refuse_rest(). On the buffer's loop, without waiting.
    virtual void write(RecordBuffer& buffer) = 0;

    /// A sentence about what ended the writing for good.
    [[nodiscard]] virtual std::string describe(std::error_code failure) const = 0;
};

/// The loop's thread alone uses it, but for block(), which is the block writer's from
/// BlockWriter::write() until it has ended.
class RecordBuffer final : public MessageWriter {
public:
    struct Format {
        Show show = Show::text;
        std::string server;  ///< for JSON: this server's name, or empty
    };

    RecordBuffer(BlockWriter& block_writer, Format format)
        : block_writer_(block_writer), format_(std::move(format)) {}

    void attach(asio::io_context::executor_type const& loop,
                std::function<void()> not_full) override;
    void begin(PeerAddress const& sender) override;
    void add(std::string_view message) override;
    [[nodiscard]] Position end() const override { return end_; }
    [[nodiscard]] bool full() const override;
    void write() override;
    [[nodiscard]] bool settled(Position end) const override {
        return written_ >= end || failure_ || (refusing_ && end <= block_end());
    }
    [[nodiscard]] bool is_written(Position end) const override { return written_ >= end; }
    [[nodiscard]] std::size_t count_written(Position end, std::size_t count) const override;
    [[nodiscard]] std::string failure() const override;

    /// What is being written, and how much of it has been.
    struct Block {
        std::string bytes;
        std::size_t taken = 0;
        std::chrono::steady_clock::time_point since = {};  ///< when its first record came
    };
    [[nodiscard]] Block& block() { return block_; }

    /// The block's end: `bytes` of it have been written for good. On the loop.
    void written(std::size_t bytes, std::error_code failure);
    /// `bytes` of it have been written for good, the rest is given up. What is added from now on is
    /// written as if nothing had happened. On the loop.
    void refuse_rest(std::size_t bytes);
    /// The same from another thread, posted to the loop.
    void post_written(std::size_t bytes, std::error_code failure);
    void post_refuse_rest(std::size_t bytes);

    /// Destroys the coroutines that wait.
    void destroy_waiters();

private:
    [[nodiscard]] Position block_end() const { return block_begin_ + block_.bytes.size(); }
    void resume_block();
    void end_block();

    BlockWriter& block_writer_;
    Format format_;
    std::optional<asio::io_context::executor_type> loop_;
    std::function<void()> not_full_;
    PeerAddress const* sender_ = nullptr;  ///< for JSON, of what is added next
    std::string from_;                     ///< for JSON: the sender of what is added
    std::int64_t time_ms_ = 0;             ///< and when it was received
    std::string gathered_;                 ///< for the next block
    std::chrono::steady_clock::time_point gathered_since_;
    Block block_;
    Position end_ = 0;  ///< of what has been gathered
    Position block_begin_ = 0;
    Position written_ = 0;
    bool writing_ = false;   ///< the block is with its writer
    bool refusing_ = false;  ///< those whose records are given up with the block go on
    std::error_code failure_;
    WaiterQueue in_block_;  ///< they wait for what is in the block
};

}  // namespace roger
