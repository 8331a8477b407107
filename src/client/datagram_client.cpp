// A client's side of datagrams: say something, wait for its answer, say it again if none comes.
#include "roger/datagram_client.hpp"

#include "net/clock.hpp"
#include "net/endpoint.hpp"
#include "net/open_socket.hpp"
#include "net/resolve.hpp"
#include "protocol/answers.hpp"
#include "protocol/line_ending.hpp"
#include "protocol/quantity.hpp"

#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/cancel_at.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <stdexcept>

#include <sys/socket.h>

namespace roger {

namespace {

/// `answer` is what came back. operation_aborted: nothing until the deadline.
asio::awaitable<asio::error_code> exchange(asio::generic::datagram_protocol::socket& socket,
                                           std::string_view datagram, std::string& answer,
                                           Clock::time_point deadline) {
    auto const [unsent, sent] = co_await socket.async_send(
        asio::buffer(datagram), asio::cancel_at(deadline, asio::as_tuple));
    if (unsent) {
        co_return unsent;
    }
    answer.resize(longest_answer);
    auto const [error, size] = co_await socket.async_receive(
        asio::buffer(answer), asio::cancel_at(deadline, asio::as_tuple));
    answer.resize(error ? 0 : size);
    co_return error;
}

std::string times_sent(std::size_t times) {
    return times == 1 ? std::string() : fmt::format(", sent {} times", times);
}

}  // namespace

asio::awaitable<DatagramClient> DatagramClient::open(Address address, Timeout connect_timeout) {
    require_datagram(address);
    LookUp const found = co_await resolve(address, moment_after(connect_timeout));
    if (!found.failure.empty()) {
        throw ClientError(fmt::format("{}: {}", to_string(address), found.failure));
    }
    std::vector<ServerEndpoint> servers;
    servers.reserve(found.endpoints.size());
    for (Endpoint const& endpoint : found.endpoints) {
        servers.emplace_back(endpoint.data(), endpoint.size());
    }
    co_return DatagramClient(std::move(address), std::move(servers));
}

asio::awaitable<Answer> DatagramClient::send(std::string_view message, Timeout ack_timeout,
                                             std::size_t retries) {
    if (message.find('\n') != message.npos) {
        throw std::invalid_argument("a message holds no newline");
    }
    std::string const datagram = fmt::format("{}{}", message, line_ending_after(message));
    std::string answer;
    Socket socket(co_await asio::this_coro::executor);
    for (std::size_t times = 1;; ++times) {
        Clock::time_point const deadline = moment_after(ack_timeout);
        std::string failures;
        asio::error_code error;
        do {
            error = socket.is_open() ? asio::error_code() : prepare(socket);
            if (!error) {
                error = co_await exchange(socket, datagram, answer, deadline);
            }
            if (!error) {
                std::string text(without_line_ending(answer));
                co_return Answer{std::move(text)};
            }
            // An answer to this socket may still come; from one that refuses nothing will.
            if (error != asio::error::operation_aborted) {
                socket.close();
            }
        } while (error != asio::error::operation_aborted && refused(error, failures));
        if (times > retries || !ack_timeout) {
            throw ClientError(failures.empty()
                                  ? fmt::format("no answer within {}{}", to_string(ack_timeout),
                                                times_sent(times))
                                  : failures + times_sent(times));
        }
        asio::steady_timer pause(socket.get_executor(), deadline);
        co_await pause.async_wait();
    }
}

/// Opens it, gives it an address of its own, and lets it hear of nobody but the server.
asio::error_code DatagramClient::prepare(Socket& socket) const {
    ServerEndpoint const& server = servers_[server_];
    asio::error_code error = open_socket(socket, server.protocol());
    if (!error && is_unix(address_.transport)) {
        Endpoint const unnamed = nameless_unix_endpoint();
        socket.bind(ServerEndpoint(unnamed.data(), unnamed.size()), error);
    }
    if (!error) {
        socket.connect(server, error);
    }
    return error;
}

/// Notes what failed, and goes on to the next address. False after the last of them, when the
/// first is the next again.
bool DatagramClient::refused(asio::error_code error, std::string& failures) {
    ServerEndpoint const& server = servers_[server_];
    Address const address =
        to_address(Endpoint(server.data(), server.size()), SocketType::datagram);
    failures +=
        fmt::format("{}{}: {}", failures.empty() ? "" : "; ", to_string(address), error.message());
    server_ = (server_ + 1) % servers_.size();
    return server_ != 0;
}

}  // namespace roger
