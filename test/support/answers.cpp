// A message and its acknowledgement.
#include "support/answers.hpp"

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

}  // namespace roger::test
