#include "support/publishing.hpp"

#include "support/answers.hpp"
#include "support/deadline.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger::test {

std::string url(NatsServer const& nats) {
    return "nats://" + nats.host_and_port() + "/LOG";
}

std::vector<std::string> publishing(NatsServer const& nats, std::vector<std::string> const& more) {
    std::vector<std::string> arguments = {"--to", url(nats), "--create-stream=1", "--server-name",
                                          "me"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.emplace_back("127.0.0.1:0");
    return arguments;
}

bool tells_of_no_answer(std::string_view sentence) {
    return sentence.find("does not answer") != sentence.npos ||
           sentence.find("imeout") != sentence.npos;
}

ServerProcess start_publishing(std::vector<std::string> const& arguments) {
    for (Deadline const deadline;;) {
        try {
            return ServerProcess::start(arguments);
        } catch (Failure const& failure) {
            if (deadline.over() || !tells_of_no_answer(failure.what())) {
                throw;
            }
        }
    }
}

Run refused(std::vector<std::string> const& arguments) {
    Run ended;
    eventually("NATS answers in time", [&] {
        ended = run(server_launch(arguments));
        return !tells_of_no_answer(ended.err);
    });
    return ended;
}

Peer client_with_ack(ServerProcess const& server) {
    Peer peer = Peer::connect(server.address());
    send_until_stored(peer, "stored");
    return peer;
}

void check_cannot_store(Peer& peer, std::string const& message) {
    peer.send(message + '\n');
    CHECK(peer.receive_exactly(cannot_store_line.size()) == cannot_store_line);
}

}  // namespace roger::test
