// A stream of NATS JetStream, found fit to keep what is acknowledged.
#pragma once

#include "roger/log.hpp"
#include "stream/block_store.hpp"
#include "stream/stream_options.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace roger {

/// From any thread.
class Stream {
public:
    Stream() = default;
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;
    virtual ~Stream() = default;

    /// Of one event loop of this server.
    [[nodiscard]] virtual std::unique_ptr<BlockStore> subject_of(std::size_t loop) = 0;

    /// The largest block that it takes.
    [[nodiscard]] virtual std::size_t most_bytes() const = 0;

    /// What an acknowledgement guarantees here: a sentence for the operator.
    [[nodiscard]] virtual std::string ack_guarantee() const = 0;

    /// Whoever waits for an answer goes on without one, now and in future.
    virtual void close() = 0;
};

/// Connects, and finds the stream or makes it. Throws std::runtime_error with a sentence where that
/// fails, or the stream cannot keep what is acknowledged, which is looked at again whenever there
/// is a doubt about a block.
std::unique_ptr<Stream> open_stream(StreamOptions const& options, Log const& log);

}  // namespace roger
