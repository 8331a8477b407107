// A client of a stream: sends a message, awaits its answer.
#pragma once

#include "roger/address.hpp"
#include "roger/asio_version.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace roger {

/// What the server said to a message.
struct Answer {
    std::string text;  ///< without the line ending
    /// The server took the message: its answer is not a refusal (`error: ...`).
    [[nodiscard]] bool acknowledged() const { return !text.starts_with("error: "); }
};

/// Why a client cannot go on: a sentence for the user, never a bare operation_aborted.
struct ClientError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Client {
public:
    /// Resolves and connects; a name that stands for several addresses is tried in turn.
    /// `connect_timeout` bounds all of it. Throws ClientError, which says for each address
    /// what failed.
    static asio::awaitable<Client> open(Address address, Timeout connect_timeout);

    /// Sends one message and waits for its answer. `message` holds no '\n', and lives until then.
    /// `ack_timeout` bounds each of the two waits, for the server to take the message and for it to
    /// answer. Throws ClientError; the connection is closed then.
    asio::awaitable<Answer> send(std::string_view message, Timeout ack_timeout);

private:
    using Socket = asio::generic::stream_protocol::socket;
    explicit Client(Socket socket) : socket_(std::move(socket)) {}

    asio::awaitable<void> write_message(std::string_view message, Timeout timeout);
    asio::awaitable<std::string> read_answer(Timeout timeout);
    [[noreturn]] void close_and_throw(std::string const& reason);

    Socket socket_;
    std::string received_;  ///< bytes of answers not yet asked for
};

}  // namespace roger
