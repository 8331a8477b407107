// Addresses as the system's, and back.
#include "net/endpoint.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace roger {

namespace {

std::string shown(char const* number, std::uint16_t port) {
    return to_string(to_address(to_endpoint(asio::ip::make_address(number), port)));
}

Endpoint unix_endpoint(std::string_view bytes) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, bytes.data(), bytes.size());
    return {&address, offsetof(sockaddr_un, sun_path) + bytes.size()};
}

}  // namespace

TEST_CASE("An Internet endpoint is written as an address", "[endpoint][net]") {
    CHECK(shown("127.0.0.1", 51717) == "tcp:127.0.0.1:51717");
    CHECK(shown("::", 51717) == "tcp:[::]:51717");
    CHECK(shown("2001:db8::1", 65535) == "tcp:[2001:db8::1]:65535");
}

TEST_CASE("An IPv4 peer of an IPv6 socket is written as IPv4", "[endpoint][net]") {
    CHECK(shown("::ffff:192.0.2.7", 40312) == "tcp:192.0.2.7:40312");
}

TEST_CASE("A link-local address keeps its interface", "[endpoint][net]") {
    CHECK(shown("fe80::1%4294967295", 80) == "tcp:[fe80::1%4294967295]:80");
    char name[IF_NAMESIZE];
    REQUIRE(if_indextoname(1, name) != nullptr);
    LookUp const found = look_up("fe80::1%"s + name, 80, AI_NUMERICHOST | AI_NUMERICSERV);
    REQUIRE(found.endpoints.size() == 1);
    CHECK(to_address(found.endpoints[0]).host == "fe80::1%"s + name);
}

TEST_CASE("A Unix endpoint is written as an address and read from it", "[endpoint][net]") {
    for (std::string const& path :
         {"/run/roger"s, "roger"s, "@roger"s, "@"s, "@ro\0ger"s, "@roger\0"s, std::string(107, 'p'),
          '@' + std::string(107, 'n')}) {
        CAPTURE(path);
        Endpoint const endpoint = to_endpoint_of_path(path);
        CHECK(to_address(endpoint) ==
              Address{.transport = Transport::unix_stream, .host = {}, .port = 0, .path = path});
    }
}

TEST_CASE("A file's path ends in a NUL, an abstract name begins with one and has its exact length",
          "[endpoint][net]") {
    CHECK(to_endpoint_of_path("/a") == unix_endpoint("/a\0"sv));
    CHECK(to_endpoint_of_path("@a") == unix_endpoint("\0a"sv));
    CHECK(to_endpoint_of_path(std::string(107, 'p')).size() == sizeof(sockaddr_un));
    CHECK_THROWS_AS(to_endpoint_of_path(std::string(108, 'p')), AddressError);
    CHECK_THROWS_AS(to_endpoint_of_path('@' + std::string(108, 'n')), AddressError);
}

TEST_CASE("A Unix peer may have no name, or a path without its NUL", "[endpoint][net]") {
    CHECK(to_address(unix_endpoint("")).path.empty());
    CHECK(to_string(to_address(unix_endpoint(""))) == "unix:");
    CHECK(to_address(unix_endpoint("/run/roger")).path == "/run/roger");
    CHECK(to_address(unix_endpoint(std::string(108, 'p'))).path == std::string(108, 'p'));
}

TEST_CASE("A host is resolved to what can be bound, each address once", "[endpoint][net]") {
    Address address = {.transport = Transport::tcp, .host = "127.0.0.1", .port = 51717, .path = {}};
    std::vector<Endpoint> const number = resolve_listening(address);
    REQUIRE(number.size() == 1);
    CHECK(to_address(number[0]) == address);

    address.host = "localhost";
    std::vector<Endpoint> const named = resolve_listening(address);
    CHECK_FALSE(named.empty());
    for (Endpoint const& endpoint : named) {
        CHECK(std::ranges::count(named, endpoint) == 1);
    }
}

TEST_CASE("A name that is not known is told", "[endpoint][net]") {
    Address const address = {
        .transport = Transport::tcp, .host = "nowhere.invalid", .port = 1, .path = {}};
    CHECK_THROWS_AS(resolve_listening(address), std::runtime_error);
    CHECK(look_up("nowhere.invalid", 1, AI_NUMERICHOST).failure == "Name or service not known");
}

TEST_CASE("localhost, and what is below it, is this host, whoever knows it", "[endpoint][net]") {
    for (std::string const name : {"localhost", "LOCALHOST", "localhost.", "roger.localhost"}) {
        CAPTURE(name);
        LookUp const found = look_up(name, 51717, AI_NUMERICSERV);
        CHECK(found.failure.empty());
        CHECK_FALSE(found.endpoints.empty());
        for (Endpoint const& endpoint : found.endpoints) {
            Address const address = to_address(endpoint);
            CHECK(asio::ip::make_address(address.host).is_loopback());
            CHECK(address.port == 51717);
        }
        // It is a name, and the resolver is asked first.
        CHECK_FALSE(look_up(name, 51717, AI_NUMERICHOST).failure.empty());
    }
}

TEST_CASE("An endpoint with another port is the same otherwise", "[endpoint][net]") {
    for (std::string const host : {"127.0.0.1", "::1", "::ffff:192.0.2.7", "fe80::1%4294967295"}) {
        CAPTURE(host);
        auto const number = asio::ip::make_address(host);
        CHECK(with_port(to_endpoint(number, 1), 65535) == to_endpoint(number, 65535));
    }
}

TEST_CASE("An address of the other type is refused with a sentence", "[endpoint][net]") {
    CHECK_NOTHROW(require_stream(parse_address("localhost:1")));
    CHECK_NOTHROW(require_stream(parse_address("unix:/run/roger")));
    for (std::string_view const text : {"udp:localhost:1", "unixgram:/run/roger"}) {
        try {
            require_stream(parse_address(text));
            FAIL("not refused: " << text);
        } catch (AddressError const& error) {
            CHECK(error.what() ==
                  "a stream is needed, and this is a datagram address: " + std::string(text));
        }
    }
    CHECK_NOTHROW(require_datagram(parse_address("udp:localhost:1")));
    CHECK_NOTHROW(require_datagram(parse_address("unixgram:/run/roger")));
    for (std::string_view const text : {"tcp:localhost:1", "unix:/run/roger"}) {
        try {
            require_datagram(parse_address(text));
            FAIL("not refused: " << text);
        } catch (AddressError const& error) {
            CHECK(error.what() ==
                  "datagrams are needed, and this is a stream address: " + std::string(text));
        }
    }
}

}  // namespace roger
