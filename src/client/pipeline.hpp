// What is behind a Client, and outlives it for as long as something of it is suspended.
#pragma once

#include "client/backoff.hpp"
#include "client/outbox.hpp"
#include "net/shutdown_hook.hpp"
#include "roger/client.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// Two coroutines, a writer and a reader. Each is there only while it has something to do: the
/// writer while messages are queued, the reader while answers are to come.
class Client::Pipeline : public std::enable_shared_from_this<Pipeline> {
public:
    using Socket = asio::generic::stream_protocol::socket;

    Pipeline(Socket socket, Address address, ClientOptions const& options);

    /// As the client's. They hold the pipeline, not the client.
    static asio::awaitable<Answer> send(std::shared_ptr<Pipeline> self, std::string_view text,
                                        Timeout ack_timeout);
    static asio::awaitable<void> close(std::shared_ptr<Pipeline> self, Timeout timeout);
    void close_now();
    [[nodiscard]] std::vector<UnacknowledgedMessage> unacknowledged() const {
        return outbox_.unacknowledged();
    }

private:
    enum class State : std::uint8_t { open, closing, closed };

    void require_open() const;
    [[noreturn]] void expire(Outgoing const& message, Timeout timeout);

    void start_writing();
    [[nodiscard]] bool can_write() const;
    asio::awaitable<void> write();
    [[nodiscard]] bool is_stale();
    asio::awaitable<void> reconnect();
    void half_close();

    void start_reading();
    asio::awaitable<void> read();
    void take_answers();
    void take_answer(std::string_view text);

    void ended(std::exception_ptr const& thrown);
    void lose(Loss loss);
    void settle();

    void context_ends();

    asio::any_io_executor executor_;
    Address address_;
    ClientOptions options_;
    std::optional<Backoff> backoff_;
    State state_ = State::open;
    std::optional<Socket> socket_;  ///< nothing: there is no connection
    /// Set from when the connection is lost until neither writer nor reader uses it any more: only
    /// then is it known what was sent.
    std::optional<Loss> lost_;
    Failure last_failure_;  ///< the reason why there is no connection
    Outbox outbox_;
    std::string received_;  ///< bytes of answers not yet asked for
    bool writing_ = false;
    bool reading_ = false;
    asio::cancellation_signal stop_writing_;
    std::optional<asio::steady_timer> empty_;  ///< where close() waits for the last send()
    ShutdownHook hook_;
};

}  // namespace roger
