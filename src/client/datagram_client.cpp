// The client side of datagrams: send, wait for the answer, send again if none comes.
#include "roger/datagram_client.hpp"

#include "net/cancelled.hpp"
#include "net/clock.hpp"
#include "net/endpoint.hpp"
#include "net/last_error.hpp"
#include "net/open_socket.hpp"
#include "net/require_option.hpp"
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
#include <system_error>

#include <sys/socket.h>

namespace roger {

namespace {

/// What came of sending once.
struct Exchange {
    asio::error_code error;  ///< operation_aborted: nothing until the deadline
    bool sent;
    std::string answer;
};

asio::awaitable<Exchange> exchange(asio::generic::datagram_protocol::socket& socket,
                                   std::string_view datagram, Clock::time_point deadline) {
    auto const [unsent, sent] = co_await socket.async_send(
        asio::buffer(datagram), asio::cancel_at(deadline, asio::as_tuple));
    if (unsent) {
        co_return Exchange{unsent, false, {}};
    }
    std::string answer(longest_answer, '\0');
    auto const [error, size] = co_await socket.async_receive(
        asio::buffer(answer), asio::cancel_at(deadline, asio::as_tuple));
    answer.resize(error ? 0 : size);
    co_return Exchange{error, true, std::move(answer)};
}

std::string times_sent(std::size_t times) {
    return times == 1 ? std::string() : fmt::format(", sent {} times", times);
}

/// The addresses that could not be sent to, of those that were tried in turn.
struct AddressFailures {
    void add(asio::generic::datagram_protocol::endpoint const& server, asio::error_code error) {
        Address const address =
            to_address(Endpoint(server.data(), server.size()), SocketType::datagram);
        sentence += fmt::format("{}{}: {}", sentence.empty() ? "" : "; ", to_string(address),
                                error.message());
        cause = standard_error(error);
        ++count;
    }

    /// What to tell after the last time.
    [[nodiscard]] ClientError error(Timeout timeout, std::size_t times, bool sent) const {
        return count == 0 ? ClientError(Errc::ack_timeout,
                                        fmt::format("no answer within {}{}", to_string(timeout),
                                                    times_sent(times)),
                                        {}, sent)
                          : ClientError(Errc::io_error, sentence + times_sent(times), cause, sent);
    }

    std::string sentence;
    std::error_code cause;
    std::size_t count = 0;
};

}  // namespace

asio::awaitable<DatagramClient> DatagramClient::open(Address address, Timeout connect_timeout) {
    require_datagram(address);
    require_server(address);
    require_timeout("connect_timeout", connect_timeout);
    Clock::time_point const deadline = moment_after(connect_timeout);
    LookUp const found = co_await resolve(address, deadline);
    if (!found.failure.empty()) {
        bool const late = Clock::now() >= deadline;
        throw ClientError(late ? Errc::connect_timeout : Errc::cannot_resolve,
                          fmt::format("{}: {}", to_string(address), found.failure), found.cause);
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
    if (servers_.empty()) {
        throw std::logic_error(
            "this client was never opened: assign what DatagramClient::open() returns");
    }
    if (message.find('\n') != message.npos) {
        throw std::invalid_argument("a message holds no newline");
    }
    require_timeout("ack_timeout", ack_timeout);
    std::string const datagram = fmt::format("{}{}", message, line_ending_after(message));
    Socket socket(co_await asio::this_coro::executor);
    std::size_t server = server_;
    bool sent = false;
    for (std::size_t times = 1;; ++times) {
        Clock::time_point const deadline = moment_after(ack_timeout);
        AddressFailures refusals;
        while (refusals.count < servers_.size()) {
            asio::error_code error =
                socket.is_open() ? asio::error_code() : prepare(socket, servers_[server]);
            if (!error) {
                Exchange const came = co_await exchange(socket, datagram, deadline);
                sent = sent || came.sent;
                error = came.error;
                if (!error) {
                    co_return Answer{std::string(without_line_ending(came.answer))};
                }
            }
            if (error == asio::error::operation_aborted) {
                co_await throw_if_cancelled();
                break;  // an answer to this socket may still come
            }
            socket.close();
            refusals.add(servers_[server], error);
            server_ = server = (server + 1) % servers_.size();
        }
        if (times > retries || !ack_timeout) {
            throw refusals.error(ack_timeout, times, sent);
        }
        asio::steady_timer pause(socket.get_executor(), deadline);
        co_await pause.async_wait();
    }
}

/// Opens it, gives it an address of its own, and connects it to the server, so that it receives
/// from nobody else.
asio::error_code DatagramClient::prepare(Socket& socket, ServerEndpoint const& server) const {
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

}  // namespace roger
