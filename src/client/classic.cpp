// The tutorial's clients: connect, ask, send, print the acknowledgement.
#include "client/classic.hpp"

#include "net/clock.hpp"
#include "net/endpoint.hpp"
#include "net/last_error.hpp"
#include "net/resolve.hpp"
#include "net/spawn.hpp"
#include "protocol/quantity.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/as_tuple.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/cancel_at.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
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

#include <sys/socket.h>
#include <unistd.h>

namespace roger {

namespace {

/// What tells one of the tutorial's clients from another.
struct ClientStyle {
    std::string_view prompt;
    std::size_t most_sent;  ///< bytes of a line, its newline included
    std::size_t most_read;  ///< bytes, once
    std::string_view before;
    std::string_view after;
};

ClientStyle client_style(Transport transport) {
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

/// Of whichever type: once it is connected, what is written and read is a message and its answer.
using ClassicSocket = asio::posix::stream_descriptor;

/// What came of a connect() that has been under way.
asio::error_code outcome(ClassicSocket& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    return {error, asio::system_category()};
}

asio::awaitable<ClassicSocket> connect_classic(Address address, Timeout timeout) {
    Clock::time_point const deadline = moment_after(timeout);
    LookUp const found = co_await resolve(address, deadline);
    if (!found.failure.empty()) {
        throw std::runtime_error("ERROR, no such host");
    }
    int const type =
        socket_type(address.transport) == SocketType::stream ? SOCK_STREAM : SOCK_DGRAM;
    asio::error_code error;
    for (Endpoint const& endpoint : found.endpoints) {
        ClassicSocket socket(
            co_await asio::this_coro::executor,
            ::socket(endpoint.data()->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        bool const done = ::connect(socket.native_handle(), endpoint.data(),
                                    static_cast<socklen_t>(endpoint.size())) == 0;
        error = done ? asio::error_code() : last_error();
        if (error == std::errc::operation_in_progress) {
            auto const [waited] = co_await socket.async_wait(
                ClassicSocket::wait_write, asio::cancel_at(deadline, asio::as_tuple));
            error = waited ? waited : outcome(socket);
        }
        if (!error) {
            co_return socket;
        }
    }
    throw failed("connecting", reason(error, timeout));
}

asio::awaitable<void> talk(Address address, Timeout connect_timeout, Timeout ack_timeout) {
    ClientStyle const style = client_style(address.transport);
    ClassicSocket socket = co_await connect_classic(address, connect_timeout);
    print(style.prompt);
    std::string const message = read_line(style.most_sent);
    Clock::time_point const deadline = moment_after(ack_timeout);
    auto const [unsent, sent] = co_await socket.async_write_some(
        asio::buffer(message), asio::cancel_at(deadline, asio::as_tuple));
    if (unsent) {
        throw failed("writing to socket", reason(unsent, ack_timeout));
    }
    std::array<char, 256> buffer;
    auto const [error, size] = co_await socket.async_read_some(
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
    spawn(asio::any_io_executor(loop.get_executor()), talk(address, connect_timeout, ack_timeout),
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
