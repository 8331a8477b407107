// What the tests of the library's server have in common.
#pragma once

#include "roger/address.hpp"
#include "roger/batch.hpp"
#include "roger/server.hpp"
#include "roger/task.hpp"

#include <asio/deferred.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace roger::test {

inline Task<void> take(Batch const&) {
    co_return;
}

inline Task<void> pass_time(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::deferred);
}

inline Task<void> never_return(Batch const&) {
    co_await pass_time(std::chrono::hours(24));
}

inline ServerOptions at(std::vector<std::string> const& addresses) {
    ServerOptions options;
    for (auto const& address : addresses) {
        options.addresses.push_back(parse_address(address));
    }
    return options;
}

}  // namespace roger::test
