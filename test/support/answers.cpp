// A message and its acknowledgement.
#include "support/answers.hpp"

#include "support/deadline.hpp"
#include "support/peer.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger::test {

std::string times(std::size_t count, std::string_view text) {
    std::string out;
    for (std::size_t done = 0; done < count; ++done) {
        out += text;
    }
    return out;
}

void talk(Peer& peer, std::string const& message) {
    peer.send(message + '\n');
    CHECK(peer.receive_line() == ack);
}

void send_until_stored(Peer& peer, std::string const& message) {
    Deadline const deadline;
    std::string answer;
    do {
        peer.send(message + '\n');
        answer = peer.receive_line();
    } while (answer + '\n' == cannot_store_line && !deadline.over());
    CHECK(answer == ack);
}

}  // namespace roger::test
