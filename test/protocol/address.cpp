// The grammar of addresses, and what is said to those who miss it.
#include "roger/address.hpp"

#include "fuzz/address_property.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

using namespace std::string_literals;

namespace roger {

namespace {

Address tcp(std::string host, std::uint16_t port) {
    return {.transport = Transport::tcp, .host = std::move(host), .port = port, .path = {}};
}

Address udp(std::string host, std::uint16_t port) {
    return {.transport = Transport::udp, .host = std::move(host), .port = port, .path = {}};
}

Address unix_stream(std::string path) {
    return {.transport = Transport::unix_stream, .host = {}, .port = 0, .path = std::move(path)};
}

Address unix_datagram(std::string path) {
    return {.transport = Transport::unix_datagram, .host = {}, .port = 0, .path = std::move(path)};
}

template <typename... Words>
std::string sentence_for(Words const&... words) {
    try {
        parse_address(words...);
    } catch (AddressError const& error) {
        return error.what();
    }
    return "no mistake";
}

std::string const forms = "write HOST:PORT, [IPV6]:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH";

struct Mistake {
    std::string text;
    std::string_view sentence;
};

}  // namespace

TEST_CASE("A bare port is a server's, on every interface", "[address][protocol]") {
    CHECK(parse_address("51717") == tcp("", 51717));
    CHECK(parse_address("tcp:51717") == tcp("", 51717));
    CHECK(parse_address("udp:51717") == udp("", 51717));
    CHECK(parse_address("0") == tcp("", 0));
    CHECK(parse_address("65535") == tcp("", 65535));
    CHECK(parse_address("00080") == tcp("", 80));
}

TEST_CASE("A host and a port are an Internet address", "[address][protocol]") {
    CHECK(parse_address("localhost:51717") == tcp("localhost", 51717));
    CHECK(parse_address("tcp:localhost:51717") == tcp("localhost", 51717));
    CHECK(parse_address("127.0.0.1:0") == tcp("127.0.0.1", 0));
    CHECK(parse_address("[::1]:51717") == tcp("::1", 51717));
    CHECK(parse_address("tcp:[::]:51717") == tcp("::", 51717));
    CHECK(parse_address("[fe80::1%eth0]:80") == tcp("fe80::1%eth0", 80));
    CHECK(parse_address("[::ffff:127.0.0.1]:80") == tcp("::ffff:127.0.0.1", 80));
    CHECK(parse_address("udp:example.org:53") == udp("example.org", 53));
    CHECK(parse_address("udp:[::1]:53") == udp("::1", 53));
    CHECK(parse_address("grüße.example:80") == tcp("grüße.example", 80));
}

TEST_CASE("A Unix socket has a path, or a name after an @", "[address][protocol]") {
    CHECK(parse_address("unix:/run/roger") == unix_stream("/run/roger"));
    CHECK(parse_address("unix:roger.sock") == unix_stream("roger.sock"));
    CHECK(parse_address("unix:@roger") == unix_stream("@roger"));
    CHECK(parse_address("unix:51717") == unix_stream("51717"));
    CHECK(parse_address("unix:tcp:a b\n") == unix_stream("tcp:a b\n"));
    CHECK(parse_address("unixgram:/run/roger") == unix_datagram("/run/roger"));
    CHECK(parse_address("unixgram:@roger") == unix_datagram("@roger"));
}

TEST_CASE("A Unix socket's path or name is at most 107 bytes", "[address][protocol]") {
    std::string const longest(107, 'x');
    CHECK(parse_address("unix:" + longest) == unix_stream(longest));
    CHECK(parse_address("unix:@" + longest) == unix_stream("@" + longest));
    CHECK(sentence_for("unix:x" + longest) ==
          "'unix:x" + longest +
              "' is too long for a Unix socket: shorten it from 108 to at most 107 bytes");
    CHECK(sentence_for("unix:@x" + longest) ==
          "'unix:@x" + longest +
              "' is too long for a Unix socket: shorten it from 108 to at most 107 bytes");
}

TEST_CASE("Two words are a host and a port", "[address][protocol]") {
    CHECK(parse_address("localhost", "51717") == tcp("localhost", 51717));
    CHECK(parse_address("tcp:localhost", "51717") == tcp("localhost", 51717));
    CHECK(parse_address("::1", "51717") == tcp("::1", 51717));
    CHECK(parse_address("[::1]", "51717") == tcp("::1", 51717));
    CHECK(parse_address("fe80::1%eth0", "51717") == tcp("fe80::1%eth0", 51717));
    CHECK(parse_address("127.0.0.1", "0") == tcp("127.0.0.1", 0));
}

TEST_CASE("A wrong address is a sentence with the reason and the remedy", "[address][protocol]") {
    for (Mistake const& mistake : {
             Mistake{"abc", "'abc' has no port: write HOST:PORT, or unix:PATH for a Unix socket"},
             {"localhost",
              "'localhost' has no port: write HOST:PORT, or unix:PATH for a Unix socket"},
             {"-1", "'-1' has no port: write HOST:PORT, or unix:PATH for a Unix socket"},
             {"udp:localhost",
              "'udp:localhost' has no port: write HOST:PORT, or unix:PATH for a Unix socket"},
             {"65536", "'65536' asks for a port above the highest: write one from 0 to 65535"},
             {"localhost:99999999999",
              "'localhost:99999999999' asks for a port above the highest: write one from 0 to "
              "65535"},
             {":51717", "':51717' has no host: write HOST:PORT, or a server's port alone"},
             {"*:51717",
              "'*:51717' has no host: write HOST:PORT, or for every interface a server's port "
              "alone"},
             {"tcp::51717", "'tcp::51717' has no host: write HOST:PORT, or a server's port alone"},
             {"::1", "'::1' has no port: write an IPv6 number in brackets, and a port: [::1]:PORT"},
             {"[::1]",
              "'[::1]' has no port: write an IPv6 number in brackets, and a port: [::1]:PORT"},
             {"1:2:3:4:5:6:7:8:80",
              "'1:2:3:4:5:6:7:8:80' has an IPv6 number without brackets: write [::1]:PORT"},
             {"[localhost]:80",
              "'[localhost]:80' has brackets around 'localhost', which is no IPv6 number: write "
              "[::1]:PORT, or a name without brackets"},
             {"[fe80::1%]:80",
              "'[fe80::1%]:80' has brackets around 'fe80::1%', which is no IPv6 number: write "
              "[::1]:PORT, or a name without brackets"},
             {"/run/roger",
              "'/run/roger' is no Internet address: for a Unix socket write unix:PATH or "
              "unix:@NAME"},
             {"@roger",
              "'@roger' is no Internet address: for a Unix socket write unix:PATH or unix:@NAME"},
             {"unix:", "'unix:' names no socket: write unix:PATH or unix:@NAME"},
             {"unix:@", "'unix:@' names no socket: write unix:PATH or unix:@NAME"},
             {"unixgram:", "'unixgram:' names no socket: write unixgram:PATH or unixgram:@NAME"},
             {"unix:/run/\0"s,
              "'unix:/run/\\x00' has a NUL byte, which no path can have: leave it out"},
         }) {
        CHECK(sentence_for(mistake.text) == mistake.sentence);
    }
}

TEST_CASE("Where the form is wrong, the sentence lists the right ones", "[address][protocol]") {
    for (Mistake const& mistake : {
             Mistake{"", "'' is no address: "},
             {"tcp:", "'tcp:' is no address: "},
             {"localhost:", "'localhost:' has no port: '' is not a number from 0 to 65535; "},
             {"localhost:http",
              "'localhost:http' has no port: 'http' is not a number from 0 to 65535; "},
             {"localhost:-1", "'localhost:-1' has no port: '-1' is not a number from 0 to 65535; "},
             {"[::1:80", "'[::1:80' has no valid host: '[::1' is neither a name nor a number; "},
             {"[::1]80", "'[::1]80' has no valid host: '[:' is neither a name nor a number; "},
             {"a:b:80", "'a:b:80' has no valid host: 'a:b' is neither a name nor a number; "},
             {"a b:80", "'a b:80' has no valid host: 'a b' is neither a name nor a number; "},
             {"a\0b:80"s,
              "'a\\x00b:80' has no valid host: 'a\\x00b' is neither a name nor a number; "},
             {"\x1b[2J:80",
              "'\\x1b[2J:80' has no valid host: '\\x1b[2J' is neither a name nor a number; "},
             {"http://localhost:80", "'http://localhost:80' is a URL: "},
             {"tcp://localhost:80", "'tcp://localhost:80' is a URL: "},
             {"nats://me:secret@h1:4222/LOG", "'nats://h1:4222/LOG' is a URL: "},
         }) {
        CHECK(sentence_for(mistake.text) == std::string(mistake.sentence) + forms);
    }
}

TEST_CASE("Two wrong words are a sentence with the reason and the remedy", "[address][protocol]") {
    CHECK(sentence_for("h1", "nats://me:secret@h2/LOG") == "'nats://h2/LOG' is a URL: " + forms);
    CHECK(sentence_for("nats://me:secret@h1/LOG", "80") == "'nats://h1/LOG' is a URL: " + forms);
    CHECK(sentence_for("localhost", "http") ==
          "'localhost http' has no port: 'http' is not a number from 0 to 65535; " + forms);
    CHECK(sentence_for("localhost", "65536") ==
          "'localhost 65536' asks for a port above the highest: write one from 0 to 65535");
    CHECK(sentence_for("localhost", "") ==
          "'localhost ' has no port: '' is not a number from 0 to 65535; " + forms);
    CHECK(sentence_for("", "80") ==
          "' 80' has no valid host: '' is neither a name nor a number; " + forms);
    CHECK(sentence_for("localhost:80", "90") ==
          "'localhost:80' is no host, or has a port of its own: write HOST:PORT as one word, or "
          "HOST and '90' as two");
    CHECK(sentence_for("[::1]:80", "90") ==
          "'[::1]:80' is no host, or has a port of its own: write HOST:PORT as one word, or HOST "
          "and '90' as two");
    CHECK(sentence_for("unix:/run/roger", "80") ==
          "'unix:/run/roger' is a Unix socket, which has no port: leave out '80'");
    CHECK(sentence_for("udp:localhost", "80") ==
          "'udp:localhost' is a datagram address: write it as one word, udp:HOST:PORT");
    CHECK(sentence_for("/run/roger", "80") ==
          "'/run/roger 80' has no valid host: '/run/roger' is neither a name nor a number; " +
              forms);
}

TEST_CASE("An address is written with its prefix", "[address][protocol]") {
    CHECK(to_string(tcp("", 51717)) == "tcp:[::]:51717");
    CHECK(to_string(tcp("::1", 51717)) == "tcp:[::1]:51717");
    CHECK(to_string(tcp("127.0.0.1", 0)) == "tcp:127.0.0.1:0");
    CHECK(to_string(udp("", 51717)) == "udp:[::]:51717");
    CHECK(to_string(udp("localhost", 51717)) == "udp:localhost:51717");
    CHECK(to_string(unix_stream("/run/roger")) == "unix:/run/roger");
    CHECK(to_string(unix_stream("")) == "unix:");
    CHECK(to_string(unix_datagram("@roger")) == "unixgram:@roger");
}

TEST_CASE("What is written reads back as the same address", "[address][protocol]") {
    for (std::string_view const text :
         {"51717", "udp:0", "localhost:80", "[::1]:80", "udp:[fe80::1%eth0]:53", "unix:/run/roger",
          "unix:@roger", "unixgram:roger", "unixgram:@a b", "localhost 80", "::1 80", "abc", "::1",
          "unix:x 80"}) {
        CAPTURE(text);
        CHECK_NOTHROW(test::check_address(text));
    }
}

}  // namespace roger
