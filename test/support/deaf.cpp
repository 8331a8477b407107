// A client that takes no answers.
#include "support/deaf.hpp"

#include <string>

namespace roger::test {

std::size_t say_until_server_waits(Peer& peer, ServerProcess& server, Deadline deadline) {
    return say_until_server_waits(peer, server, std::string(1'000'000, '\n'), deadline);
}

std::size_t say_until_server_waits(Peer& peer, ServerProcess& server, std::string const& messages,
                                   Deadline deadline) {
    std::size_t sent = 0;
    std::string before;
    int unchanged = 0;
    eventually(
        "the server waits for a client to take its answers",
        [&] {
            sent += peer.send_until_stuck(messages, Duration(20));
            auto const counters = server.counters_line();
            unchanged = counters == before ? unchanged + 1 : 0;
            before = counters;
            // More has been displayed than it could tell of, and it reads no further.
            return unchanged >= 3 && server.counter("acknowledged") < server.counter("displayed");
        },
        deadline);
    return sent;
}

}  // namespace roger::test
