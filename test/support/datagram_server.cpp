// A datagram server whose truth is known.
#include "support/datagram_server.hpp"

#include "support/files.hpp"
#include "support/socket_address.hpp"

#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <utility>

#include <sys/socket.h>

namespace roger::test {

namespace {

/// Not one that Asio opens, which programs that are started meanwhile would inherit.
int bound_socket(SocketAddress const& address) {
    Descriptor socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::bind(socket.get(), address.get(), address.size) != 0) {
        throw Failure("cannot bind: " + errno_text(errno));
    }
    return socket.release();
}

}  // namespace

DatagramServer::DatagramServer(std::string const& address, Script script)
    : script_(std::move(script)),
      context_(1),
      socket_(context_, Protocol(listening_address(address).family(), 0),
              bound_socket(listening_address(address))),
      address_(bound_address(socket_.native_handle())) {
    asio::co_spawn(context_, serve(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

DatagramServer::~DatagramServer() {
    context_.stop();
    thread_.join();
}

asio::awaitable<void> DatagramServer::serve() {
    std::string buffer(65'536, '\0');
    for (;;) {
        Protocol::endpoint sender;
        std::size_t const size =
            co_await socket_.async_receive_from(asio::buffer(buffer), sender, asio::use_awaitable);
        senders_.push_back(sender);
        for (Answer& answer : script_(senders_.size() - 1, buffer.substr(0, size))) {
            asio::co_spawn(context_, send(std::move(answer)), asio::detached);
        }
    }
}

asio::awaitable<void> DatagramServer::send(Answer answer) {
    if (answer.after != Duration(0)) {
        asio::steady_timer timer(context_, answer.after);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_await socket_.async_send_to(asio::buffer(answer.bytes), senders_[answer.to], asio::as_tuple);
}

}  // namespace roger::test
