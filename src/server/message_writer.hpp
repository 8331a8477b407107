// The server's own way to handle messages, without a coroutine: they are taken one by one, and
// written together.
#pragma once

#include "net/waiter.hpp"
#include "protocol/answers.hpp"
#include "roger/batch.hpp"
#include "roger/peer_address.hpp"
#include "roger/task.hpp"

#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace roger {

/// Belongs to one event loop, and is only used on it. What is added during a round of its clients
/// is written at the end of the round.
class MessageWriter {
public:
    /// Counts bytes of what has been added, from the start.
    using Position = std::uint64_t;

    MessageWriter() = default;
    MessageWriter(MessageWriter const&) = delete;
    MessageWriter& operator=(MessageWriter const&) = delete;
    virtual ~MessageWriter() = default;

    /// Before anything else, once: the loop. `not_full` is called there when it is no longer
    /// full().
    virtual void attach(asio::io_context::executor_type const& loop,
                        std::function<void()> not_full) = 0;

    /// The messages that follow are `sender`'s, and were received now.
    virtual void begin(PeerAddress const& sender) = 0;
    /// A message, without the newline that ends it.
    virtual void add(std::string_view message) = 0;

    /// Where what has been added ends.
    [[nodiscard]] virtual Position end() const = 0;

    /// Whether so much waits that nothing is to be added for now (promise P4).
    [[nodiscard]] virtual bool full() const = 0;

    /// Writes what has been added. Those who wait for it are resumed before this returns, or later,
    /// when the output has taken it. While it is being written, what is added waits for the next
    /// write.
    virtual void write() = 0;

    /// Whether it has been written up to there, or never will be.
    [[nodiscard]] virtual bool settled(Position end) const = 0;

    /// Returns false if it is settled. If not, the writer resumes `waiter` when it is.
    bool enqueue_unless_settled(Position end, Waiter& waiter) {
        if (settled(end)) {
            return false;
        }
        unwritten.add(waiter);
        return true;
    }

    /// Once it is settled: whether it was written.
    [[nodiscard]] virtual bool is_written(Position end) const = 0;

    /// Once it is settled: how many of the last `count` messages that end there were written. Only
    /// for messages without newlines, as those of connections are.
    [[nodiscard]] virtual std::size_t count_written(Position end, std::size_t count) const = 0;

    /// Why writing has ended for good. Empty: what was not written is refused, and writing goes on.
    [[nodiscard]] virtual std::string failure() const = 0;

    WaiterQueue unwritten;  ///< for those who wait until what is added by now is settled
};

/// A Handler that is made of one is never called: messages go to the writer instead.
struct WritingHandler {
    std::function<MessageWriter&(std::size_t loop)> writer;
    std::string_view reason = cannot_display_reason;  ///< for which the rest is refused

    Task<void> operator()(Batch const&) const {
        throw std::logic_error("a WritingHandler has messages written, and is not called");
    }
};

}  // namespace roger
