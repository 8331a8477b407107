// Errors that a program can branch on.
#include "roger/error.hpp"

#include "roger/address.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

namespace roger {

TEST_CASE("Each kind of error has a code of the category roger, with words of its own", "[error]") {
    std::set<std::string> words;
    for (int value = 1; value <= static_cast<int>(Errc::server_failed); ++value) {
        std::error_code const code = static_cast<Errc>(value);
        CHECK(code.category().name() == std::string("roger"));
        CHECK(code.message() != "unknown error");
        words.insert(code.message());
    }
    CHECK(words.size() == static_cast<std::size_t>(Errc::server_failed));
    std::error_code const next = static_cast<Errc>(static_cast<int>(Errc::server_failed) + 1);
    CHECK(next.message() == "unknown error");
}

TEST_CASE("An error tells its kind, its cause and its sentence", "[error]") {
    std::error_code const cause = std::make_error_code(std::errc::connection_refused);
    Error const error(Errc::cannot_connect, "connecting to here: Connection refused", cause);
    CHECK(error.code() == Errc::cannot_connect);
    CHECK(error.code() != Errc::connect_timeout);
    CHECK(error.cause() == std::errc::connection_refused);
    CHECK(error.what() == std::string("connecting to here: Connection refused"));
    CHECK_FALSE(Error(Errc::ack_timeout, "no answer within 1s").cause());
}

TEST_CASE("An address that is none is an error of its own kind", "[error][address]") {
    try {
        parse_address("nowhere");
        FAIL("not refused");
    } catch (Error const& error) {
        CHECK(error.code() == Errc::invalid_address);
    }
}

}  // namespace roger
