// A connection to one NATS server, by its C client: https://nats-io.github.io/nats.c. Its calls
// wait, so none is made on an event loop's thread.
#pragma once

#include "stream/stream_options.hpp"

#include <nats/nats.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

template <typename Object, void (*Destroy)(Object*)>
struct NatsDestroyer {
    void operator()(Object* object) const { Destroy(object); }
};
template <typename Object, void (*Destroy)(Object*)>
using NatsOwned = std::unique_ptr<Object, NatsDestroyer<Object, Destroy>>;

using NatsMessage = NatsOwned<natsMsg, natsMsg_Destroy>;

/// What the calling thread's last call went wrong by.
std::string nats_reason(natsStatus status);

/// Throws std::runtime_error: `what`, and the reason.
void require(natsStatus status, std::string_view what);

/// From any thread. Once it is lost it stays so. Its calls wait so long for an answer as they are
/// told, and two seconds at most to be sent.
class NatsConnection {
public:
    /// To one of the address's hosts, or another one of its cluster. A server that accepts and
    /// then says nothing is waited for without end. `lost` is called by another thread, once, maybe
    /// after this was destroyed. Throws std::runtime_error with a sentence.
    NatsConnection(StreamOptions const& options, std::string const& host,
                   std::function<void()> lost);

    [[nodiscard]] bool is_closed() const { return *closed_; }
    /// It is not to be used any more. Does not wait, as close() may.
    void mark_closed() { *closed_ = true; }
    [[nodiscard]] std::string why_closed() const;

    /// How often the server has not permitted something until now.
    [[nodiscard]] unsigned violations() const { return *violations_; }
    /// What it has not permitted since there were so many violations, in its words; empty: nothing.
    /// It tells so beside the request, which is never answered.
    [[nodiscard]] std::string forbidden_since(unsigned violations) const;
    /// What a request went wrong by, of which this thread has the status, and before which there
    /// were so many violations.
    [[nodiscard]] std::string why_failed(natsStatus status, unsigned violations) const;

    /// In bytes, headers included.
    [[nodiscard]] std::size_t max_payload() const { return max_payload_; }

    /// Of the server.
    [[nodiscard]] std::string const& host() const { return host_; }

    /// The other servers of the cluster, as HOST:PORT.
    [[nodiscard]] std::vector<std::string> other_servers() const;

    [[nodiscard]] natsConnection* get() const { return connection_.get(); }
    [[nodiscard]] jsCtx* jetstream() const { return jetstream_.get(); }

    /// Calls that wait return with an error, now and in future.
    void close() { natsConnection_Close(connection_.get()); }

private:
    std::string host_;
    std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<std::atomic<unsigned>> violations_ = std::make_shared<std::atomic<unsigned>>(0);
    std::size_t max_payload_ = 0;
    NatsOwned<natsConnection, natsConnection_Destroy> connection_;
    NatsOwned<jsCtx, jsCtx_Destroy> jetstream_;
};

}  // namespace roger
