// A client's side of a stream: say something, wait for its answer.
#include "roger/client.hpp"

#include "net/connect.hpp"
#include "protocol/answers.hpp"
#include "protocol/line_ending.hpp"
#include "protocol/quantity.hpp"

#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/cancel_at.hpp>
#include <asio/error.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace roger {

namespace {

/// The other side is gone; what it said before can still be there to be read.
bool is_gone(asio::error_code const& error) {
    return error == asio::error::eof || error == asio::error::broken_pipe ||
           error == asio::error::connection_reset;
}

/// An answer that the end of the stream has cut off may have lost what makes it a refusal.
bool is_answer(std::string_view text) {
    return !text.empty() && !refusal_begins.starts_with(text);
}

}  // namespace

asio::awaitable<Client> Client::open(Address address, Timeout connect_timeout) {
    try {
        co_return Client(co_await connect(std::move(address), connect_timeout));
    } catch (std::exception const& failure) {
        throw ClientError(failure.what());
    }
}

asio::awaitable<Answer> Client::send(std::string_view message, Timeout ack_timeout) {
    if (message.find('\n') != message.npos) {
        throw std::invalid_argument("a message holds no newline: it would be two messages");
    }
    if (!socket_.is_open()) {
        throw ClientError("the connection is closed");
    }
    // The server reads on while it refuses a message that is too long, so that to send all of it
    // before listening never keeps both sides waiting.
    co_await write_message(message, ack_timeout);
    std::string text = co_await read_answer(ack_timeout);
    co_return Answer{std::move(text)};
}

asio::awaitable<void> Client::write_message(std::string_view message, Timeout timeout) {
    std::array const line = {asio::buffer(message), asio::buffer(line_ending_after(message))};
    auto const [error, sent] = co_await asio::async_write(
        socket_, line, asio::cancel_at(moment_after(timeout), asio::as_tuple));
    if (error == asio::error::operation_aborted) {
        close_and_throw("the server did not take the message within " + to_string(timeout));
    }
    // One that is gone may have said why: read_answer() tells.
    if (error && !is_gone(error)) {
        close_and_throw("sending failed: " + error.message());
    }
}

asio::awaitable<std::string> Client::read_answer(Timeout timeout) {
    auto const [error, size] = co_await asio::async_read_until(
        socket_, asio::dynamic_buffer(received_, longest_answer), '\n',
        asio::cancel_at(moment_after(timeout), asio::as_tuple));
    if (!error) {
        std::string const line = received_.substr(0, size);
        received_.erase(0, size);
        co_return std::string(without_line_ending(line));
    }
    if (error == asio::error::operation_aborted) {
        close_and_throw("no answer within " + to_string(timeout));
    }
    if (error == asio::error::not_found) {
        close_and_throw("the server's answer is longer than " + size_to_string(longest_answer));
    }
    // The tutorial's own server ends its answer by closing, and resets what it has not read.
    if (is_gone(error) && is_answer(received_)) {
        co_return std::exchange(received_, {});
    }
    if (is_gone(error)) {
        close_and_throw(received_.empty()
                            ? "the server closed the connection without an answer"
                            : "the server closed the connection in the middle of its answer");
    }
    close_and_throw("receiving failed: " + error.message());
}

void Client::close_and_throw(std::string const& reason) {
    // An answer that comes too late must not be taken for the next message's.
    asio::error_code ignored;
    socket_.close(ignored);
    received_.clear();
    throw ClientError(reason);
}

}  // namespace roger
