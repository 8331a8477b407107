// A batch is a range of messages.
#include "roger/batch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

static_assert(std::forward_iterator<Batch::Iterator>);

TEST_CASE("A batch gives its messages in order", "[batch][protocol]") {
    Peer const peer("/run/roger");
    Batch const batch("one\n\ntwo\r\n", peer, 3);
    CHECK(std::vector<std::string>(batch.begin(), batch.end()) ==
          std::vector<std::string>{"one", "", "two\r"});
    CHECK(batch.text() == "one\n\ntwo\r\n");
    CHECK(to_string(batch.from()) == "unix:/run/roger");
    CHECK(batch.loop() == 3);
    CHECK_FALSE(batch.empty());
}

TEST_CASE("A batch of one empty message is not empty", "[batch][protocol]") {
    Peer const nameless;
    Batch const one("\n", nameless, 0);
    CHECK(std::distance(one.begin(), one.end()) == 1);
    CHECK_FALSE(one.empty());

    Batch const none("", nameless, 0);
    CHECK(none.begin() == none.end());
    CHECK(none.empty());
}

}  // namespace roger
