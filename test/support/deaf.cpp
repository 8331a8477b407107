// A client that takes no answers.
#include "support/deaf.hpp"

#include "support/facts.hpp"

#include <string>

namespace roger::test {

std::size_t send_until_server_waits(Peer& peer, ServerProcess& server, Deadline deadline) {
    return send_until_server_waits(peer, server, std::string(1'000'000, '\n'), deadline);
}

std::size_t send_until_server_waits(Peer& peer, ServerProcess& server, std::string const& messages,
                                    Deadline deadline) {
    std::size_t sent = 0;
    eventually(
        "the server waits for a client to take its answers",
        [&] {
            sent += peer.send_until_stuck(messages, Duration(20));
            // It has more to tell, and does nothing.
            return all_threads_wait(server.id()) &&
                   server.counter("acknowledged") < server.counter("displayed");
        },
        deadline);
    return sent;
}

}  // namespace roger::test
