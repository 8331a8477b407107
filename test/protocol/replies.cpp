// Answers owed to a client: what is sent, whatever part of it each write takes.
#include "protocol/replies.hpp"

#include "protocol/heap.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

struct Owed {
    ReplyLine const* line;
    std::size_t count;
};

std::string bytes_of(std::vector<Owed> const& owed) {
    std::string bytes;
    for (Owed const& answer : owed) {
        for (std::size_t i = 0; i != answer.count; ++i) {
            bytes += answer.line->line();
        }
    }
    return bytes;
}

Replies replies_of(std::vector<Owed> const& owed) {
    Replies replies;
    for (Owed const& answer : owed) {
        replies.add(*answer.line, answer.count);
    }
    return replies;
}

std::string gathered(Replies const& replies, std::size_t most_buffers) {
    std::vector<iovec> buffers(most_buffers);
    std::string bytes;
    for (iovec const& buffer : replies.gather(buffers)) {
        bytes.append(static_cast<char const*>(buffer.iov_base), buffer.iov_len);
    }
    return bytes;
}

/// Sends `owed` by writes of which the one at byte i of it all takes at most `write(i)` bytes.
/// Returns what arrived: less than all of it where nothing more was offered.
template <typename Write>
std::string send(std::vector<Owed> const& owed, std::size_t most_buffers, Write write) {
    Replies replies = replies_of(owed);
    std::string arrived;
    while (!replies.empty()) {
        std::string const offered = gathered(replies, most_buffers);
        std::size_t const taken = std::min<std::size_t>(write(arrived.size()), offered.size());
        if (taken == 0) {
            break;
        }
        arrived += offered.substr(0, taken);
        replies.consume(taken);
    }
    return arrived;
}

}  // namespace

TEST_CASE("A reply line repeats itself from any offset", "[replies][protocol]") {
    ReplyLine const line("ab", 10);
    CHECK(line.line() == "ab\n");
    CHECK(line.line_size() == 3);
    CHECK(line.repeated(0, 100) == "ab\nab\nab\n");
    CHECK(line.repeated(1, 100) == "b\nab\nab\n");
    CHECK(line.repeated(2, 100) == "\nab\nab\n");
    CHECK(line.repeated(3, 4) == "ab\na");
    CHECK(line.repeated(3'000'001, 4) == "b\nab");
}

TEST_CASE("A reply line longer than its block is there once", "[replies][protocol]") {
    std::string const text(5000, 'x');
    ReplyLine const line(text);
    CHECK(line.line() == text + "\n");
    CHECK(line.repeated(0, SIZE_MAX) == text + "\n");
}

TEST_CASE("A reply may be an empty line", "[replies][protocol]") {
    ReplyLine const line("", 4);
    CHECK(line.line() == "\n");
    CHECK(send({{&line, 9}}, 2, [](std::size_t) { return 3U; }) == std::string(9, '\n'));
}

TEST_CASE("Nothing owed is nothing to send", "[replies][protocol]") {
    ReplyLine const ack("ack");
    Replies replies;
    CHECK(replies.empty());
    replies.add(ack, 0);
    CHECK(replies.empty());
    CHECK(gathered(replies, 4).empty());
    replies.consume(0);
    CHECK(replies.empty());
}

TEST_CASE("Answers go out in the order in which they are owed", "[replies][protocol]") {
    ReplyLine const ack("ack");
    ReplyLine const refusal("no");
    Replies replies = replies_of({{&ack, 2}, {&refusal, 1}, {&ack, 1}});
    CHECK(gathered(replies, 8) == "ack\nack\nno\nack\n");
    replies.consume(12);
    CHECK(gathered(replies, 8) == "ck\n");
    replies.add(ack, 2);
    replies.add(refusal);
    CHECK(gathered(replies, 8) == "ck\nack\nack\nno\n");
    replies.consume(3 + 8 + 3);
    CHECK(replies.empty());
}

TEST_CASE("Every short write leaves just the rest to send", "[replies][protocol]") {
    for (std::size_t const block_bytes : {1U, 4U, 7U, 100U}) {
        ReplyLine const ack("ok", block_bytes);
        ReplyLine const refusal("e", block_bytes);
        std::vector<Owed> const owed = {{&ack, 2}, {&refusal, 2}, {&ack, 1}};
        std::string const expected = bytes_of(owed);
        REQUIRE(expected.size() == 13);
        for (std::size_t const most_buffers : {1U, 2U, 16U}) {
            // Bit i of `cuts`: a write ends after byte i.
            std::size_t wrong = 0;
            for (std::uint32_t cuts = 0; cuts != 1U << 12U; ++cuts) {
                auto const up_to_the_cut = [&](std::size_t i) {
                    return static_cast<std::size_t>(std::countr_zero((cuts | 1U << 12U) >> i)) + 1;
                };
                wrong += send(owed, most_buffers, up_to_the_cut) != expected ? 1 : 0;
            }
            CAPTURE(block_bytes, most_buffers);
            CHECK(wrong == 0);
        }
    }
}

TEST_CASE("Random answers by random writes arrive as they were owed", "[replies][protocol]") {
    ReplyLine const lines[] = {ReplyLine("I got your message"), ReplyLine("error: busy"),
                               ReplyLine(std::string(5000, 'x')), ReplyLine("")};
    for (unsigned const seed : {1U, 2U, 3U, 4U}) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::vector<Owed> owed;
        for (int i = 0; i != 200; ++i) {
            owed.push_back({&lines[random() % 4], random() % 4 == 0 ? random() % 2000 : 1});
        }
        CHECK(send(owed, 8, [&](std::size_t) { return 1 + random() % 20'000; }) == bytes_of(owed));
    }
}

TEST_CASE("A million acks take a few bytes to owe, and many go in one write",
          "[replies][protocol]") {
    ReplyLine const ack("I got your message", 4096);
    Replies replies;
    replies.add(ack, 1'000'000);
    std::array<iovec, 16> buffers;
    CHECK(replies.gather(buffers).size() == 16);
    CHECK(gathered(replies, 16).size() == std::size_t{16} * (4096 / 19) * 19);

    replies.consume(19'000'000 - 5);
    CHECK(gathered(replies, 16) == "sage\n");
}

TEST_CASE("An answer is known by all of it", "[replies][protocol]") {
    for (std::string const reply :
         {"mine", "I got your message", "Got your message", "error: busy", "error: shutting down",
          "error: cannot display", "error: cannot store", "error: message longer than 0 bytes",
          "error: message longer than 18446744073709551615 bytes"}) {
        CAPTURE(reply);
        CHECK(is_reply(reply, "mine"));
        CHECK_FALSE(is_reply(reply + '!', "mine"));
        CHECK_FALSE(is_reply(' ' + reply, "mine"));
        CHECK_FALSE(is_reply(reply.substr(0, reply.size() - 1), "mine"));
    }
    for (std::string const message :
         {"", "error: ", "error: message longer than  bytes", "error: message longer than bytes",
          "error: message longer than -1 bytes", "error: message longer than 1x1 bytes",
          "error: idle for 5min", "error: message not finished within 30s"}) {
        CAPTURE(message);
        CHECK_FALSE(is_reply(message, "mine"));
    }
    CHECK(is_reply("", ""));
    CHECK_FALSE(is_reply("a", ""));
}

TEST_CASE("A refusal of one message is known by its beginning", "[replies][protocol]") {
    for (std::string const beginning :
         {"error: busy", "error: shutting down", "error: cannot display", "error: cannot store",
          "error: message longer than 1"}) {
        CAPTURE(beginning);
        CHECK(begins_as_refusal(beginning));
        CHECK(begins_as_refusal(beginning + " or so"));
        CHECK_FALSE(begins_as_refusal(beginning.substr(0, beginning.size() - 1)));
    }
    CHECK_FALSE(begins_as_refusal(""));
    CHECK_FALSE(begins_as_refusal("I got your message"));
    CHECK_FALSE(begins_as_refusal("error: message longer than my arm"));
}

TEST_CASE("Answers of two kinds in turn take two bytes each to owe", "[replies][protocol]") {
    ReplyLine const ack("I got your message");
    ReplyLine const refusal("error: message longer than 1 bytes");
    test::Heap const before;
    Replies replies;
    replies.reserve(20'000);
    for (int i = 0; i != 10'000; ++i) {
        replies.add(ack);
        replies.add(refusal);
    }
    CHECK(before.growth() < 44'000);
}

}  // namespace roger
