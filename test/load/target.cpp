// Where clients connect to, and the addresses that they connect from.
#include "load/target.hpp"

#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

namespace roger {

namespace {

using Catch::Matchers::ContainsSubstring;

Sources sources(char const* first, char const* last) {
    return {asio::ip::make_address(first), asio::ip::make_address(last)};
}

std::string source_of(Sources const& sources, std::size_t client) {
    return to_address(sources.of(client).value()).host;
}

LoadSettings against(std::string const& address) {
    LoadSettings settings;
    settings.address = parse_address(address);
    return settings;
}

}  // namespace

TEST_CASE("Without sources the system chooses", "[load]") {
    CHECK(Sources().count() == 1);
    CHECK_FALSE(Sources().of(0));
    CHECK_FALSE(Sources().of(7));
}

TEST_CASE("Clients take the sources in turn", "[load]") {
    Sources const few = sources("127.0.0.254", "127.0.1.1");
    REQUIRE(few.count() == 4);
    std::vector<std::string> const expected = {"127.0.0.254", "127.0.0.255", "127.0.1.0",
                                               "127.0.1.1"};
    for (std::size_t client = 0; client < 9; ++client) {
        CHECK(source_of(few, client) == expected[client % 4]);
        CHECK(to_address(*few.of(client)).port == 0);
    }
    Sources const single = sources("10.1.2.3", "10.1.2.3");
    CHECK(single.count() == 1);
    CHECK(source_of(single, 5) == "10.1.2.3");
    CHECK(sources("255.255.255.255", "255.255.255.255").count() == 1);
}

TEST_CASE("Sources may be IPv6 addresses, and carry over", "[load]") {
    Sources const few = sources("fd00::1:ffff:fffe", "fd00::2:0:1");
    REQUIRE(few.count() == 4);
    CHECK(source_of(few, 0) == "fd00::1:ffff:fffe");
    CHECK(source_of(few, 1) == "fd00::1:ffff:ffff");
    CHECK(source_of(few, 2) == "fd00::2:0:0");
    CHECK(source_of(few, 3) == "fd00::2:0:1");
    CHECK(source_of(few, 4) == "fd00::1:ffff:fffe");
    CHECK(source_of(sources("fd00::1", "fd00::1:0"), 0x1234) == "fd00::1235");
}

TEST_CASE("Sources that are no range are refused, and named", "[load]") {
    for (auto const& [first, last] :
         std::vector<std::pair<char const*, char const*>>{{"127.0.0.5", "127.0.0.2"},
                                                          {"::1", "127.0.0.1"},
                                                          {"127.0.0.1", "::1"},
                                                          {"fd00::2", "fd00::1"}}) {
        CAPTURE(first, last);
        CHECK_THROWS_AS(sources(first, last), std::invalid_argument);
        CHECK_THROWS_WITH(sources(first, last), ContainsSubstring("--source") &&
                                                    ContainsSubstring(first) &&
                                                    ContainsSubstring(last));
    }
}

TEST_CASE("A million sources are enough", "[load]") {
    CHECK(sources("10.0.0.0", "10.15.66.63").count() == 1'000'000);
    CHECK_THROWS_AS(sources("10.0.0.0", "10.15.66.64"), std::invalid_argument);
    CHECK_THROWS_WITH(sources("10.0.0.0", "10.15.66.64"), ContainsSubstring("million"));
    CHECK_THROWS_AS(sources("0.0.0.0", "255.255.255.255"), std::invalid_argument);
    CHECK_THROWS_AS(sources("fd00::", "fdff::"), std::invalid_argument);
}

TEST_CASE("A target knows what kind of address it has", "[load]") {
    Target const loopback(against("127.0.0.1:5"));
    CHECK(loopback.is_internet());
    CHECK(loopback.is_loopback());
    REQUIRE(loopback.endpoints.size() == 1);
    CHECK(to_string(to_address(loopback.endpoints[0])) == "tcp:127.0.0.1:5");
    CHECK(loopback.sources.count() == 1);

    Target const far(against("192.0.2.1:5"));
    CHECK(far.is_internet());
    CHECK_FALSE(far.is_loopback());

    Target const file(against("unix:/tmp/roger"));
    CHECK_FALSE(file.is_internet());
    CHECK_FALSE(file.is_loopback());
    CHECK(to_string(to_address(file.endpoints.at(0))) == "unix:/tmp/roger");

    CHECK(Target(against("[::1]:5")).is_loopback());
    CHECK(Target(against("localhost:5")).is_loopback());
}

TEST_CASE("A target takes its sources from the settings", "[load]") {
    LoadSettings settings = against("127.0.0.1:5");
    settings.sources = {asio::ip::make_address("127.0.0.2"), asio::ip::make_address("127.0.0.4")};
    Target const target(settings);
    CHECK(target.sources.count() == 3);
    CHECK(source_of(target.sources, 1) == "127.0.0.3");
}

TEST_CASE("A target whose name nobody knows says so, and names it", "[load]") {
    CHECK_THROWS_AS(Target(against("no-such-host.invalid:5")), std::runtime_error);
    CHECK_THROWS_WITH(Target(against("no-such-host.invalid:5")),
                      ContainsSubstring("tcp:no-such-host.invalid:5: "));
}

TEST_CASE("A client's socket does not block and is bound to its source", "[load]") {
    Target const target(against("127.0.0.1:5"));
    Sources const source = sources("127.0.0.9", "127.0.0.9");
    Descriptor const socket = open_client_socket(target.type, target.endpoints[0], source.of(0));
    REQUIRE(socket);
    CHECK((::fcntl(socket.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
    Endpoint own;
    auto size = static_cast<socklen_t>(own.capacity());
    REQUIRE(::getsockname(socket.get(), own.data(), &size) == 0);
    own.resize(size);
    CHECK(to_address(own).host == "127.0.0.9");
    CHECK(to_address(own).port == 0);
}

TEST_CASE("A client's socket cannot be bound to an address that is not ours", "[load]") {
    Target const target(against("127.0.0.1:5"));
    CHECK_FALSE(open_client_socket(target.type, target.endpoints[0],
                                   sources("192.0.2.1", "192.0.2.1").of(0)));
    CHECK(errno == EADDRNOTAVAIL);
}

}  // namespace roger
