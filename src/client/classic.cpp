// The tutorial's clients: connect, ask, send, print the acknowledgement.
#include "client/classic.hpp"

#include "net/clock.hpp"
#include "net/endpoint.hpp"
#include "net/resolve.hpp"
#include "net/spawn.hpp"
#include "protocol/quantity.hpp"

#include <asio/as_tuple.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/cancel_at.hpp>
#include <asio/error.hpp>
#include <asio/generic/datagram_protocol.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

namespace roger {

namespace {

/// What tells one of the tutorial's clients from another.
struct Style {
    std::string_view prompt;
    std::size_t most_sent;  ///< bytes of a line, its newline included
    std::size_t most_read;  ///< bytes, once
    std::string_view before;
    std::string_view after;
};

Style style_of(Transport transport) {
    switch (transport) {
        case Transport::tcp:
            return {"Please enter the message: ", 254, 255, "", "\n"};
        case Transport::udp:
            return {"Please enter the message: ", 254, 256, "Got an ack: ", ""};
        default:
            return {"Please enter your message: ", 79, 80, "The return message was\n", ""};
    }
}

std::runtime_error failed(std::string_view what, std::string_view why) {
    return std::runtime_error(fmt::format("ERROR {}: {}", what, why));
}

void print(std::string_view text) {
    if (!(std::cout << text << std::flush)) {
        throw std::runtime_error("ERROR writing to standard output");
    }
}

/// As fgets(3) does: a line with its newline, or as much as there is, or as fits. Takes not a byte
/// more from standard input, which the caller may go on with.
std::string read_line(std::size_t most) {
    std::string line;
    while (line.size() < most && !line.ends_with('\n')) {
        char next = 0;
        ssize_t const size = ::read(STDIN_FILENO, &next, 1);
        if (size == 0) {
            break;
        }
        if (size < 0 && errno != EINTR) {
            throw failed("reading standard input", std::system_category().message(errno));
        }
        line.append(size > 0 ? 1 : 0, next);
    }
    if (line.empty()) {
        // The original would send nothing, and wait for ever for an answer to it.
        throw std::runtime_error("ERROR, no message on standard input");
    }
    return line;
}

/// operation_aborted stands for a deadline that has passed.
std::string reason(asio::error_code error, Timeout timeout) {
    return error == asio::error::operation_aborted ? "no answer within " + to_string(timeout)
                                                   : error.message();
}

template <typename Protocol>
asio::awaitable<typename Protocol::socket> connect(Address address, Timeout timeout) {
    Clock::time_point const deadline = moment_after(timeout);
    LookUp const found = co_await resolve(address, deadline);
    if (!found.failure.empty()) {
        throw std::runtime_error("ERROR, no such host");
    }
    asio::error_code error;
    for (Endpoint const& endpoint : found.endpoints) {
        typename Protocol::socket socket(co_await asio::this_coro::executor);
        auto const [failure] = co_await socket.async_connect(
            typename Protocol::endpoint(endpoint.data(), endpoint.size()),
            asio::cancel_at(deadline, asio::as_tuple));
        if (!failure) {
            co_return socket;
        }
        error = failure;
    }
    throw failed("connecting", reason(error, timeout));
}

template <typename Protocol>
asio::awaitable<void> talk(Address address, Timeout connect_timeout, Timeout ack_timeout) {
    Style const style = style_of(address.transport);
    typename Protocol::socket socket = co_await connect<Protocol>(address, connect_timeout);
    print(style.prompt);
    std::string const message = read_line(style.most_sent);
    Clock::time_point const deadline = moment_after(ack_timeout);
    auto const [unsent, sent] = co_await socket.async_send(
        asio::buffer(message), asio::cancel_at(deadline, asio::as_tuple));
    if (unsent) {
        throw failed("writing to socket", reason(unsent, ack_timeout));
    }
    std::array<char, 256> buffer;
    auto const [error, size] = co_await socket.async_receive(
        asio::buffer(buffer.data(), style.most_read), asio::cancel_at(deadline, asio::as_tuple));
    if (error && error != asio::error::eof) {
        throw failed("reading from socket", reason(error, ack_timeout));
    }
    print(fmt::format("{}{}{}", style.before, std::string_view(buffer.data(), size), style.after));
    if (size == 0) {
        throw std::runtime_error("ERROR, the server closed without an acknowledgement");
    }
}

}  // namespace

bool talk_classic(Address const& address, Timeout connect_timeout, Timeout ack_timeout) {
    bool well = true;
    asio::io_context loop(1);
    asio::any_io_executor const executor = loop.get_executor();
    bool const stream = socket_type(address.transport) == SocketType::stream;
    using Stream = asio::generic::stream_protocol;
    using Datagrams = asio::generic::datagram_protocol;
    spawn(executor,
          stream ? talk<Stream>(address, connect_timeout, ack_timeout)
                 : talk<Datagrams>(address, connect_timeout, ack_timeout),
          [&well](std::exception_ptr const& thrown) {
              if (thrown) {
                  std::cerr << describe(thrown) << '\n';
                  well = false;
              }
          });
    loop.run();
    return well;
}

}  // namespace roger
