// The records of one event loop's clients: gathered while the block before them is being written.
#pragma once

#include "net/waiter.hpp"
#include "protocol/record.hpp"
#include "server/message_writer.hpp"

#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace roger {

class Display;

/// The loop's thread alone uses it, but for block(), which is the display's writer's from
/// Display::write() until written().
class RecordBuffer final : public MessageWriter {
public:
    RecordBuffer(Display& display, Show show) : display_(display), show_(show) {}

    void attach(asio::io_context::executor_type const& loop,
                std::function<void()> has_room) override;
    void begin(PeerAddress const& sender) override;
    void add(std::string_view message) override;
    [[nodiscard]] Position end() const override { return end_; }
    [[nodiscard]] bool full() const override;
    void write() override;
    [[nodiscard]] bool settled(Position end) const override { return written_ >= end || failure_; }
    [[nodiscard]] bool is_written(Position end) const override { return written_ >= end; }
    [[nodiscard]] std::size_t count_written(Position end, std::size_t count) const override;
    [[nodiscard]] std::string failure() const override;

    /// What is being written, and how much of it the output has taken.
    struct Block {
        std::string bytes;
        std::size_t taken = 0;
    };
    [[nodiscard]] Block& block() { return block_; }

    /// The block has been: `bytes` of it can be relied upon. On the loop.
    void written(std::size_t bytes, std::error_code failure);
    /// The same from another thread.
    void written_elsewhere(std::size_t bytes, std::error_code failure);

    /// Whoever waits never goes on.
    void destroy_waiters();

private:
    Display& display_;
    Show show_;
    std::optional<asio::io_context::executor_type> loop_;
    std::function<void()> has_room_;
    PeerAddress const* sender_ = nullptr;  ///< for JSON, of what is added next
    std::string from_;                     ///< for JSON: the sender of what is added
    std::int64_t time_ms_ = 0;             ///< and when it was received
    std::string gathered_;                 ///< for the next block
    Block block_;
    Position end_ = 0;  ///< of what has been gathered
    Position block_begin_ = 0;
    Position written_ = 0;
    bool writing_ = false;  ///< the block is with the display
    std::error_code failure_;
    WaiterQueue in_block_;  ///< they wait for what is in the block
};

}  // namespace roger
