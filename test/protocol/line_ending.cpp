// What ends a line, written and read.
#include "protocol/line_ending.hpp"

#include "fuzz/line_decoder_property.hpp"
#include "roger/line_decoder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_view_literals;

namespace roger {

namespace {

std::string sent(std::string const& message) {
    return message + std::string(line_ending_after(message));
}

/// Few different bytes, so that those that matter meet; no newline.
std::string random_message(std::mt19937& random) {
    std::string message(random() % 8, ' ');
    for (char& c : message) {
        c = "\r\r\rab\0\x80\xff"sv[random() % 8];
    }
    return message;
}

std::vector<std::string> read(std::string_view stream) {
    LineDecoder lines(LineDecoder::message_limit);
    DecodedLines decoded;
    lines.feed(stream, decoded);
    lines.finish(decoded);
    return test::messages_of(decoded);
}

}  // namespace

TEST_CASE("A line ending is a newline with at most one return before it", "[lines][protocol]") {
    CHECK(without_line_ending("a\n") == "a");
    CHECK(without_line_ending("a\r\n") == "a");
    CHECK(without_line_ending("a\r\r\n") == "a\r");
    CHECK(without_line_ending("a\r") == "a\r");
    CHECK(without_line_ending("a\n\n") == "a\n");
    CHECK(without_line_ending("\n").empty());
    CHECK(without_line_ending("").empty());
    CHECK(without_return("a\r\r") == "a\r");
    CHECK(without_return("a") == "a");
    CHECK(without_return("").empty());
}

TEST_CASE("A message that ends in a return is sent with another", "[lines][protocol]") {
    CHECK(line_ending_after("abc") == "\n");
    CHECK(line_ending_after("abc\r") == "\r\n");
    CHECK(line_ending_after("\r") == "\r\n");
    CHECK(line_ending_after("") == "\n");
    CHECK(line_ending_after("a\rb") == "\n");
}

TEST_CASE("Whatever a message is, what is received is what was sent", "[lines][protocol]") {
    for (unsigned const seed : {1U, 2U, 3U, 4U}) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        for (int conversation = 0; conversation != 500; ++conversation) {
            std::vector<std::string> messages;
            std::string stream;
            for (std::size_t count = random() % 20; count != 0; --count) {
                messages.push_back(random_message(random));
                stream += sent(messages.back());
                REQUIRE(without_line_ending(sent(messages.back())) == messages.back());
            }
            REQUIRE(read(stream) == messages);
        }
    }
}

}  // namespace roger
