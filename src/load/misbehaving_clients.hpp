// Clients that misbehave beside the healthy ones.
#pragma once

#include "load/settings.hpp"
#include "load/target.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <string>
#include <thread>

namespace roger {

/// On an event loop and a thread of their own, so that the work for these does not distort the
/// figures of the healthy ones. A client that the server disconnects connects again.
class MisbehavingClients {
public:
    MisbehavingClients(LoadSettings const& settings, Target const& target);
    ~MisbehavingClients();  ///< closes their connections
    MisbehavingClients(MisbehavingClients const&) = delete;
    MisbehavingClients& operator=(MisbehavingClients const&) = delete;

private:
    asio::awaitable<void> misbehave(Misbehaviour kind, std::size_t number);
    asio::awaitable<void> misbehave_once(Misbehaviour kind, std::size_t number);
    asio::awaitable<void> send_datagrams(std::size_t number);
    template <typename ClientSocket>
    asio::awaitable<bool> connect(ClientSocket& socket, std::size_t number);
    template <typename ClientSocket>
    asio::awaitable<bool> connect_to(Endpoint const& server, ClientSocket& socket,
                                     std::size_t number);

    Target const& target_;
    Timeout connect_timeout_;
    std::string message_;  ///< with its line ending
    asio::io_context context_;
    std::jthread thread_;
};

}  // namespace roger
