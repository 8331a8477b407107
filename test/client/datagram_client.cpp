// The client's side of datagrams: which addresses it can have.
#include "roger/datagram_client.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace roger {

namespace {

asio::awaitable<void> open_client(Address address) {
    co_await DatagramClient::open(std::move(address), std::chrono::seconds(1));
}

}  // namespace

TEST_CASE("A client of datagrams refuses a stream's address with a sentence", "[client]") {
    for (std::string_view const text : {"tcp:127.0.0.1:1", "unix:/run/roger"}) {
        asio::io_context context;
        auto opened = asio::co_spawn(context, open_client(parse_address(text)), asio::use_future);
        context.run();
        try {
            opened.get();
            FAIL("not refused: " << text);
        } catch (AddressError const& error) {
            CHECK(error.what() ==
                  "datagrams are needed, and this is a stream address: " + std::string(text));
        }
    }
}

TEST_CASE("A client of datagrams needs the server's host and port", "[client]") {
    for (std::string_view const text : {"udp:51717", "udp:127.0.0.1:0"}) {
        CAPTURE(text);
        asio::io_context context;
        auto opened = asio::co_spawn(context, open_client(parse_address(text)), asio::use_future);
        context.run();
        CHECK_THROWS_AS(opened.get(), AddressError);
    }
}

TEST_CASE("A client of datagrams that is none yet says so to whoever uses it", "[client]") {
    asio::io_context context;
    DatagramClient client;
    auto sent =
        asio::co_spawn(context, client.send("hello", std::chrono::seconds(1)), asio::use_future);
    context.run();
    CHECK_THROWS_AS(sent.get(), std::logic_error);
}

}  // namespace roger
