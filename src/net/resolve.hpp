// Names to endpoints, without waiting for a resolver longer than one wants to.
#pragma once

#include "net/clock.hpp"
#include "net/endpoint.hpp"
#include "roger/address.hpp"

#include <asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace roger {

/// Finds out what a name stands for, and may block. It is called on a thread of its own that can
/// outlive its caller, so it must refer to nothing of the caller's.
using Resolver = std::function<LookUp(std::string const& host, std::uint16_t port)>;

/// The system's resolver.
LookUp look_up_name(std::string const& host, std::uint16_t port);

/// Where to connect or to send for an address, in the order to try. A resolver that has not
/// answered by `deadline` is left alone with its question; when the caller cancels, it is too, and
/// asio::system_error (operation_aborted) is thrown.
asio::awaitable<LookUp> resolve(Address address, Clock::time_point deadline,
                                Resolver resolver = look_up_name);

}  // namespace roger
