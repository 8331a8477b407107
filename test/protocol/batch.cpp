// A batch is a range of messages.
#include "roger/batch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

static_assert(std::forward_iterator<Batch::Iterator>);

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

TEST_CASE("A message that was refused is found by where it lies, not by what it says",
          "[batch][protocol]") {
    PeerAddress const peer;
    Refusals refusals;
    std::string const text = "same\nsame\n\n\nlast\n";
    Batch const batch(text, peer, 0, refusals);
    std::vector<Message> const messages(batch.begin(), batch.end());
    batch.refuse(messages[1], "twice");
    batch.refuse(messages[3], "empty");
    std::vector<bool> refused;
    for (Message const& message : batch) {
        refused.push_back(refusals.reason_for(message.text.data()).has_value());
    }
    CHECK(refused == std::vector{false, true, false, true, false});
    batch.refuse(messages[1], "the last reason stands");
    CHECK(refusals.reasons()[*refusals.reason_for(messages[1].text.data())] ==
          "the last reason stands");
    refusals.add_rest("all the others");
    CHECK(refusals.reasons()[*refusals.reason_for(messages[0].text.data())] == "all the others");
    CHECK(refusals.reasons()[*refusals.reason_for(messages[3].text.data())] == "empty");
}

TEST_CASE("A reason is one line that is not too long, and reasons are not too many",
          "[batch][protocol]") {
    Refusals refusals;
    refusals.add_rest("two\nlines\r\x1b[2J\x7f, read from \u202eright to left\u202c");
    CHECK(refusals.reasons()[0] ==
          "two\\x0alines\\x0d\\x1b[2J\\x7f, read from \\xe2\\x80\\xaeright to left\\xe2\\x80\\xac");
    refusals.add_rest(std::string(5000, 'x'));
    CHECK(refusals.reasons()[1] == std::string(Refusals::most_reason_bytes, 'x'));
    std::string const text(100, '\n');
    for (std::size_t index = 0; index != text.size(); ++index) {
        refusals.add(&text[index], std::to_string(index));
    }
    CHECK(refusals.reasons().size() == Refusals::most_reasons + 1);
    CHECK(refusals.reasons()[*refusals.reason_for(text.data())] == "0");
    CHECK(refusals.reasons()[*refusals.reason_for(&text[99])] == "refused");
}

}  // namespace roger
