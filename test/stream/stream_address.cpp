// Where records are published: the grammar of --to.
#include "stream/stream_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <stdexcept>
#include <string>

namespace roger::test {
namespace {

using Catch::Matchers::ContainsSubstring;

std::string fault_of(std::string const& text) {
    try {
        parse_stream_address(text);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("A stream's address names servers and a subject", "[stream]") {
    StreamAddress const one = parse_stream_address("nats://127.0.0.1:4222/LOG");
    CHECK(one == StreamAddress{.hosts = {"127.0.0.1:4222"}, .subject = "LOG"});

    StreamAddress const many =
        parse_stream_address("tls://me:secret@h1,h2:4223,[::1]:4224,[::1]/a.b-c.d");
    CHECK(many == StreamAddress{.hosts = {"h1", "h2:4223", "[::1]:4224", "[::1]"},
                                .subject = "a.b-c.d",
                                .tls = true,
                                .user = "me",
                                .password = "secret"});
}

TEST_CASE("User and password of a stream's address are decoded, and a token stands alone",
          "[stream]") {
    StreamAddress const user = parse_stream_address("nats://m%3Ae:p%40%2c%2F%25%zz%4@h1/LOG");
    CHECK(user.user == "m:e");
    CHECK(user.password == "p@,/%%zz%4");
    CHECK(user.token.empty());

    StreamAddress const token = parse_stream_address("nats://t%40k@h1/LOG");
    CHECK(token.token == "t@k");
    CHECK(token.user.empty());

    CHECK(parse_stream_address("nats://me:@h1/LOG").password.empty());
}

TEST_CASE("A stream's address is logged without user and password", "[stream]") {
    CHECK(to_string(parse_stream_address("nats://me:secret@h1:1,h2/LOG")) == "nats://h1:1,h2/LOG");
    CHECK(to_string(parse_stream_address("tls://h1/a.b")) == "tls://h1/a.b");
}

TEST_CASE("What is wrong with a stream's address is said", "[stream]") {
    for (std::string const text : {"", "h1/LOG", "http://h1/LOG", "nats:h1/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("begins with neither nats:// nor tls://"));
    }
    for (std::string const text :
         {"nats://h1", "nats://h1/", "nats://h1/a..b", "nats://h1/.a", "nats://h1/a.",
          "nats://h1/a b", "nats://h1/a.>", "nats://h1/*", "nats://h1/gr\xc3\xbc\xc3\x9fung"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("subject"));
    }
    // NATS takes them in a subject; the library cannot ask for what is stored there.
    for (std::string const text : {"nats://h1/LO\"G", "nats://h1/a.b\\c"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("quotation mark or backslash"));
    }
    for (std::string const text : {"nats:///LOG", "nats://h1,,h2/LOG", "nats://h1,/LOG",
                                   "nats://me@/LOG", "nats://:4222/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("a host is missing"));
    }
    for (std::string const text :
         {"nats://h 1/LOG", "nats://h\t1/LOG", "nats://h1, h2/LOG", "nats://h1/a/LOG",
          "nats://h1?x=1/LOG", "nats://h1#x/LOG", "nats://me:secret h1/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("a host has something else than letters") ||
                                       ContainsSubstring("a port is not a number"));
        CHECK_THAT(fault_of(text), !ContainsSubstring("secret"));
    }
    for (std::string const text :
         {"nats://[::1]4222/LOG", "nats://[]:1/LOG", "nats://x]y:1/LOG", "nats://[::1:4222/LOG",
          "nats://[h1]:4222/LOG", "nats://[127.0.0.1]/LOG", "nats://h[::1]/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("an IPv6 address"));
    }
    for (std::string const text :
         {"nats://h1:/LOG", "nats://h1:0/LOG", "nats://h1,h2:65536/LOG", "nats://h1:+1/LOG",
          "nats://h1:1x/LOG", "nats://[::1]:/LOG", "nats://me:secret@h1:four/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("a port is not a number from 1 to 65535"));
    }
    for (std::string const text :
         {"nats://h1,me:secret@h2/LOG", "nats://me:secret@h1,nats://me:secret@h2/LOG",
          "nats://me:sec@ret@h1/LOG", "nats://:secret@h1/LOG", "nats://@h1/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("user and password stand once"));
        CHECK_THAT(fault_of(text), !ContainsSubstring("secret"));
    }
    for (std::string const text : {"nats://1::2/LOG", "nats://::1/LOG", "nats://me:secret:h1/LOG",
                                   "nats://me:secret%40h1:4222/LOG", "nats://me:secret%40h1/LOG"}) {
        CAPTURE(text);
        CHECK_THAT(fault_of(text), ContainsSubstring("an IPv6 address stands in brackets"));
        CHECK_THAT(fault_of(text), !ContainsSubstring("secret"));
    }
    CHECK_THAT(fault_of("nats://me:secret@h1"), !ContainsSubstring("secret"));
    CHECK_THAT(fault_of("nats://me:secret%40h1"), !ContainsSubstring("secret"));
}

}  // namespace roger::test
