// A connection by the NATS C client, https://nats-io.github.io/nats.c. Its calls wait, so none is
// made on an event loop's thread.
#pragma once

#include "roger/log.hpp"
#include "stream/stream_options.hpp"

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

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

/// From any thread. It connects again by itself, to whichever of the servers is there; but the
/// library gives up for good after some errors, such as a password that is refused twice.
class NatsConnection {
public:
    /// Throws std::runtime_error with a sentence.
    NatsConnection(StreamOptions const& options, Log log);
    ~NatsConnection();
    NatsConnection(NatsConnection const&) = delete;
    NatsConnection& operator=(NatsConnection const&) = delete;

    /// A request to JetStream's API, $JS.API. Throws std::runtime_error with a sentence.
    [[nodiscard]] nlohmann::json api(std::string const& request,
                                     nlohmann::json const& argument = {}) const;

    /// The stream that takes a subject; empty: none does. Throws like api().
    [[nodiscard]] std::string stream_of(std::string const& subject) const;

    /// In bytes, headers included.
    [[nodiscard]] std::size_t max_payload() const;

    /// For good.
    [[nodiscard]] bool is_closed() const { return closed_; }

    [[nodiscard]] jsCtx* jetstream() const { return jetstream_.get(); }

    /// Calls that wait return with an error, now and in future. Can take as long as an attempt to
    /// connect.
    void close();

private:
    void connect(StreamOptions const& options);

    static void on_disconnected(natsConnection* connection, void* self);
    static void on_reconnected(natsConnection* connection, void* self);
    static void on_closed(natsConnection* connection, void* self);
    void say(LogLevel level, std::string const& sentence) const;

    std::string url_;
    Log log_;
    std::atomic<bool> closing_ = false;
    std::atomic<bool> closed_ = false;
    NatsOwned<natsConnection, natsConnection_Destroy> connection_;
    NatsOwned<jsCtx, jsCtx_Destroy> jetstream_;
};

}  // namespace roger
