// The protocol's framing: what a stream's bytes are as messages.
#include "roger/line_decoder.hpp"

#include "fuzz/line_decoder_property.hpp"
#include "protocol/heap.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace roger {

namespace {

// Stands for a refused message among accepted ones. No message of these tests looks like it.
constexpr char const* too_long = "<too long>";

std::vector<std::string> in_order(DecodedLines const& decoded) {
    std::vector<std::string> answers;
    std::vector<std::string> const messages = test::messages_of(decoded);
    auto message = messages.begin();
    for (DecodedLines::Run const& same : decoded.runs) {
        for (std::size_t i = 0; i != same.count; ++i) {
            answers.emplace_back(same.status == LineStatus::accepted ? *message++ : too_long);
        }
    }
    return answers;
}

std::vector<std::string> decode(std::string_view stream, std::size_t max_message = 4) {
    LineDecoder lines(max_message);
    DecodedLines decoded;
    lines.feed(stream, decoded);
    lines.finish(decoded);
    return in_order(decoded);
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("A message ends at a newline, with or without a return before it", "[lines][protocol]") {
    CHECK(decode("one\ntwo\r\nsix\n") == Strings{"one", "two", "six"});
    CHECK(decode("\n\r\n\n") == Strings{"", "", ""});
    CHECK(decode("").empty());
}

TEST_CASE("Only one return belongs to the line ending, and only at the end", "[lines][protocol]") {
    CHECK(decode("a\r\r\n") == Strings{"a\r"});
    CHECK(decode("\ra\r\n") == Strings{"\ra"});
    CHECK(decode("a\rb\n") == Strings{"a\rb"});
    CHECK(decode("\r\r\r\n") == Strings{"\r\r"});
}

TEST_CASE("The end of the stream ends a message", "[lines][protocol]") {
    CHECK(decode("one") == Strings{"one"});
    CHECK(decode("one\ntwo") == Strings{"one", "two"});
    CHECK(decode("one\n") == Strings{"one"});
}

TEST_CASE("A return at the end of the stream is no line ending", "[lines][protocol]") {
    CHECK(decode("one\r") == Strings{"one\r"});
    CHECK(decode("\r") == Strings{"\r"});
    CHECK(decode("four\r") == Strings{too_long});
}

TEST_CASE("The longest message is as long as it may be, whatever its ending", "[lines][protocol]") {
    for (std::string const& ending : {"\n"s, "\r\n"s, ""s}) {
        CAPTURE(ending);
        CHECK(decode("123" + ending) == Strings{"123"});
        CHECK(decode("1234" + ending) == Strings{"1234"});
        CHECK(decode("12345" + ending) == Strings{too_long});
        CHECK(decode("123456" + ending) == Strings{too_long});
    }
    CHECK(decode("1234\r\r\n") == Strings{too_long});
    CHECK(decode("123\r\r\n") == Strings{"123\r"});
}

TEST_CASE("The same holds at the size that a server has by default", "[lines][protocol]") {
    std::size_t const max_message = 64 * 1024;
    for (std::string const& ending : {"\n"s, "\r\n"s, ""s}) {
        for (std::size_t const size : {max_message - 1, max_message, max_message + 1}) {
            std::string const message(size, 'x');
            LineDecoder lines(max_message);
            DecodedLines const decoded = test::check_reading(
                lines, message + ending, max_message, [](std::size_t i) { return i % 4096 == 7; });
            CHECK(in_order(decoded) == Strings{size > max_message ? too_long : message});
        }
    }
}

TEST_CASE("A message too long between two good ones is refused in its place", "[lines][protocol]") {
    CHECK(decode("good\ntoo long\nfine\n") == Strings{"good", too_long, "fine"});
    CHECK(decode("good\r\n12345\r\nfine\r\n") == Strings{"good", too_long, "fine"});
    CHECK(decode("good\ntoo long") == Strings{"good", too_long});
    CHECK(decode("12345\n12345\n\n12345\n") == Strings{too_long, too_long, "", too_long});
}

TEST_CASE("A message too long is refused as soon as that is certain", "[lines][protocol]") {
    LineDecoder lines(4);
    DecodedLines decoded;
    lines.feed("1234", decoded);
    CHECK(decoded.empty());
    lines.feed("\r", decoded);
    CHECK(decoded.empty());
    lines.feed("5", decoded);
    CHECK(in_order(decoded) == Strings{too_long});

    lines.feed(" and much more of it\r", decoded);
    CHECK(lines.unfinished());
    lines.feed("\nnext\n", decoded);
    CHECK_FALSE(lines.unfinished());
    CHECK(in_order(decoded) == Strings{too_long, "next"});
}

TEST_CASE("Neighbours of one status are one run", "[lines][protocol]") {
    LineDecoder lines(4);
    DecodedLines decoded;
    lines.feed("a\nb\n", decoded);
    lines.feed("c\ntoo long\n", decoded);
    lines.feed("too long\nd\n", decoded);
    using Run = DecodedLines::Run;
    CHECK(decoded.runs == std::vector<Run>{{LineStatus::accepted, 3},
                                           {LineStatus::too_long, 2},
                                           {LineStatus::accepted, 1}});
}

TEST_CASE("Any byte but a newline may stand in a message", "[lines][protocol]") {
    std::string all;
    for (int byte = 0; byte != 256; ++byte) {
        if (byte != '\n') {
            all += static_cast<char>(byte);
        }
    }
    CHECK(decode(all + "\n" + all + "\r\n" + all, all.size()) == Strings{all, all, all});

    for (int byte = 0; byte != 256; ++byte) {
        std::string const message(1, static_cast<char>(byte));
        if (message != "\n") {
            CAPTURE(byte);
            CHECK(decode("a" + message + "b\n") == Strings{"a" + message + "b"});
            CHECK(decode(message + "\r\n") == Strings{message});
            CHECK(decode(message) == Strings{message});
        }
    }
}

TEST_CASE("Every way of cutting a stream into reads gives the same messages", "[lines][protocol]") {
    for (std::string_view const stream :
         {"one\ntwo\r\n\nx"sv, "1234\r\n12345\n1\r\n"sv, "too long\r\r\nok\r"sv, "\r\n\r\r\n\n\r"sv,
          "1234\r\r\n1234\r"sv, "123\r\r\n12345\r\n"sv, "a\0\xff\n\0\n\n12345"sv}) {
        CAPTURE(stream);
        for (std::uint32_t cuts = 0; cuts != 1U << (stream.size() - 1); ++cuts) {
            LineDecoder lines(4);
            test::check_reading(lines, stream, 4, [&](std::size_t i) { return cuts >> i & 1U; });
        }
    }
    SUCCEED("no cut told");
}

TEST_CASE("Long random streams do not depend on their reads either", "[lines][protocol]") {
    for (unsigned const seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::string stream;
        for (int i = 0; i != 100'000; ++i) {
            stream += "\n\n\r\rab\0\x80"sv[random() % 8];
        }
        std::size_t const max_message = random() % 16;
        for (unsigned const seldom : {1U, 2U, 10U, 1000U}) {
            LineDecoder lines(max_message);
            test::check_reading(lines, stream, max_message,
                                [&](std::size_t) { return random() % seldom == 0; });
        }
    }
    SUCCEED("no cut told");
}

TEST_CASE("An endless line costs no more memory than the longest message", "[lines][protocol]") {
    std::size_t const max_message = 16 * 1024;
    std::string const piece(4096, 'x');
    LineDecoder lines(max_message);
    DecodedLines decoded;
    decoded.add(LineStatus::too_long);

    test::Heap const before;
    std::size_t most = 0;
    for (int i = 0; i != 100'000; ++i) {
        lines.feed(piece, decoded);
        most = std::max(most, before.growth());
    }
    CHECK(most >= max_message / 2);
    CHECK(most <= max_message * 9 / 8 + 1024);
    CHECK(before.growth() == 0);
    CHECK(lines.unfinished());
    CHECK(in_order(decoded) == Strings{too_long, too_long});
}

TEST_CASE("An unfinished message keeps no memory after it ended", "[lines][protocol]") {
    std::string const part(5000, 'x');
    LineDecoder lines(16 * 1024);
    DecodedLines decoded;
    decoded.messages.reserve(3 * part.size());
    decoded.add(LineStatus::accepted);

    test::Heap const before;
    lines.feed(part, decoded);
    CHECK(before.growth() >= part.size());
    lines.feed("and its end\n", decoded);
    CHECK(before.growth() == 0);

    lines.feed(part, decoded);
    lines.finish(decoded);
    CHECK(before.growth() == 0);
}

TEST_CASE("An unfinished message costs little more than its bytes", "[lines][protocol]") {
    for (std::size_t const piece : {1U, 100U, 1000U, 20'000U, 65'000U}) {
        CAPTURE(piece);
        std::string const bytes(piece, 'x');
        LineDecoder lines(SIZE_MAX);
        DecodedLines decoded;
        test::Heap const before;
        for (std::size_t size = 0; size + piece <= 65'000; size += piece) {
            lines.feed(bytes, decoded);
        }
        CHECK(before.growth() < 65'000 * 5 / 4);
    }
}

TEST_CASE("A line that has ended is told of, whether it is answered or not", "[lines][protocol]") {
    LineDecoder lines(4);
    auto const line_ended = [&lines](std::string_view bytes) {
        DecodedLines decoded;
        lines.feed(bytes, decoded);
        return decoded.line_ended;
    };
    CHECK_FALSE(line_ended("one"));
    CHECK(line_ended("\n"));
    CHECK_FALSE(line_ended("too long"));
    CHECK_FALSE(line_ended(" still"));
    CHECK(line_ended("the rest\nnew"));
    CHECK(line_ended("\n"));
}

TEST_CASE("After the end of a stream the reader is as new", "[lines][protocol]") {
    for (std::string_view const stream : {"12"sv, "12345"sv, "1234\r"sv, "12\n"sv}) {
        LineDecoder lines(4);
        for (int i = 0; i != 2; ++i) {
            test::check_reading(lines, stream, 4, [](std::size_t) { return false; });
        }
    }
    SUCCEED("no difference told");
}

TEST_CASE("No limit is too large for the arithmetic", "[lines][protocol]") {
    CHECK(decode("one\r\ntwo\r", SIZE_MAX) == Strings{"one", "two\r"});
    CHECK(decode("\n\r\na\n", 0) == Strings{"", "", too_long});
}

}  // namespace roger
