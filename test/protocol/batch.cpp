// A batch is a range of messages.
#include "roger/batch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstddef>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

static_assert(std::forward_iterator<Batch::Iterator>);

namespace {

/// Of the first messages of a batch; empty: not refused.
std::vector<std::string> reasons_of(Refusals const& refusals, std::size_t messages) {
    std::vector<std::string> reasons;
    for (std::size_t message = 0; message != messages; ++message) {
        auto const reason = refusals.reason_for(message);
        reasons.push_back(reason ? refusals.reasons()[*reason] : "");
    }
    return reasons;
}

}  // namespace

TEST_CASE("A batch gives its messages in order", "[batch][protocol]") {
    PeerAddress const peer("/run/roger");
    Refusals refusals;
    Batch const batch("one\n\ntwo\r\n", peer, 3, refusals);
    CHECK(std::vector<std::string>(batch.begin(), batch.end()) ==
          std::vector<std::string>{"one", "", "two\r"});
    CHECK(to_string((*batch.begin()).from()) == "unix:/run/roger");
    CHECK(batch.loop() == 3);
    CHECK_FALSE(batch.empty());
}

TEST_CASE("A batch of datagrams tells each one's sender, and keeps their newlines",
          "[batch][protocol]") {
    PeerAddress const one("@one", SocketType::datagram);
    PeerAddress const other("/run/other", SocketType::datagram);
    std::vector<Message> const datagrams = {{"two\nlines", &one}, {"", &other}};
    Refusals refusals;
    Batch const batch(datagrams, 0, refusals);
    std::vector<std::string> said;
    for (Message const& message : batch) {
        said.push_back(to_string(message.from()) + ' ' + std::string(message));
    }
    CHECK(said == std::vector<std::string>{"unixgram:@one two\nlines", "unixgram:/run/other "});
    CHECK(Batch(std::span<Message const>(), 0, refusals).empty());
}

TEST_CASE("A batch of one empty message is not empty", "[batch][protocol]") {
    PeerAddress const nameless;
    Refusals refusals;
    Batch const one("\n", nameless, 0, refusals);
    CHECK(std::distance(one.begin(), one.end()) == 1);
    CHECK_FALSE(one.empty());

    Batch const none("", nameless, 0, refusals);
    CHECK(none.begin() == none.end());
    CHECK(none.empty());
}

TEST_CASE("A message that was refused is found by its place, not by what it says",
          "[batch][protocol]") {
    PeerAddress const peer;
    Refusals refusals;
    std::string const text = "same\nsame\n\n\nlast\n";
    Batch const batch(text, peer, 0, refusals);
    std::vector<Message> const messages(batch.begin(), batch.end());
    batch.refuse(messages[1], "twice");
    batch.refuse(messages[3], "empty");
    CHECK(reasons_of(refusals, 5) == std::vector<std::string>{"", "twice", "", "empty", ""});
    batch.refuse(messages[1], "the last reason stands");
    refusals.add_rest("all the others");
    CHECK(reasons_of(refusals, 5) ==
          std::vector<std::string>{"all the others", "the last reason stands", "all the others",
                                   "empty", "all the others"});
}

TEST_CASE("A copy of a message, whatever is made of its text, is refused as the message",
          "[batch][protocol]") {
    PeerAddress const peer;
    std::vector<Message> const datagrams = {{"one", &peer}, {"two", &peer}, {"", &peer}};
    bool const stream = GENERATE(true, false);
    Refusals refusals;
    Batch const batch =
        stream ? Batch("one\ntwo\n\n", peer, 0, refusals) : Batch(datagrams, 0, refusals);
    for (Message message : batch) {
        message.text = message.text.empty() ? "changed" : message.text.substr(1);
        batch.refuse(message, message.text);
    }
    CHECK(reasons_of(refusals, 3) == std::vector<std::string>{"ne", "wo", "changed"});
}

TEST_CASE("A message of another batch is not refused, even if it lay in the same place",
          "[batch][protocol]") {
    PeerAddress const peer;
    Refusals refusals;
    std::string const text = "one\n";
    std::vector<Message> const datagrams = {{"one", &peer}};
    std::vector<Message> others = {Message("one", &peer), datagrams[0]};
    others.push_back(*Batch(text, peer, 0, refusals).begin());
    others.push_back(*Batch(datagrams, 0, refusals).begin());
    bool const stream = GENERATE(true, false);
    Batch const batch = stream ? Batch(text, peer, 0, refusals) : Batch(datagrams, 0, refusals);
    for (Message const& other : others) {
        CHECK_THROWS_AS(batch.refuse(other, "no"), std::logic_error);
    }
    CHECK(refusals.empty());
}

TEST_CASE("A reason is one line that is not too long, and reasons are not too many",
          "[batch][protocol]") {
    Refusals refusals;
    refusals.add_rest("two\nlines\r\x1b[2J\x7f, read from \u202eright to left\u202c");
    CHECK(refusals.reasons()[0] ==
          "two\\x0alines\\x0d\\x1b[2J\\x7f, read from \\xe2\\x80\\xaeright to left\\xe2\\x80\\xac");
    refusals.add_rest(std::string(5000, 'x'));
    CHECK(refusals.reasons()[1] == std::string(Refusals::max_reason_bytes, 'x'));
    for (std::size_t message = 0; message != 100; ++message) {
        refusals.add(message, std::to_string(message));
    }
    CHECK(refusals.reasons().size() == Refusals::max_reasons + 1);
    CHECK(refusals.reasons()[*refusals.reason_for(0)] == "0");
    CHECK(refusals.reasons()[*refusals.reason_for(99)] == "refused");
}

}  // namespace roger
