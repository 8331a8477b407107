// A batch is a range of messages.
#include "roger/batch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

static_assert(std::forward_iterator<Batch::Iterator>);

TEST_CASE("A batch gives its messages in order", "[batch][protocol]") {
    PeerAddress const peer("/run/roger");
    Batch const batch("one\n\ntwo\r\n", peer, 3);
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
    Batch const batch(datagrams, 0);
    std::vector<std::string> said;
    for (Message const& message : batch) {
        said.push_back(to_string(message.from()) + ' ' + std::string(message));
    }
    CHECK(said == std::vector<std::string>{"unixgram:@one two\nlines", "unixgram:/run/other "});
    CHECK(Batch(std::span<Message const>(), 0).empty());
}

TEST_CASE("A batch of one empty message is not empty", "[batch][protocol]") {
    PeerAddress const nameless;
    Batch const one("\n", nameless, 0);
    CHECK(std::distance(one.begin(), one.end()) == 1);
    CHECK_FALSE(one.empty());

    Batch const none("", nameless, 0);
    CHECK(none.begin() == none.end());
    CHECK(none.empty());
}

}  // namespace roger
