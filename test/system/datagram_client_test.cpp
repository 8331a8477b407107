// The client by datagrams: what it sends, what it takes for an answer, and when it gives up.
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace roger::test;

namespace {

/// A server that the test plays, on each kind of datagram socket.
class DatagramScene {
public:
    DatagramScene()
        : server_(DatagramPeer::at(GENERATE(true, false) ? "udp:127.0.0.1:0"
                                                         : "unixgram:" + directory_ / "s")) {}

    [[nodiscard]] DatagramPeer& server() { return server_; }
    [[nodiscard]] TempDir const& directory() const { return directory_; }

    [[nodiscard]] Process client(std::vector<std::string> arguments) const {
        arguments.push_back(server_.own_address());
        return Process(client_launch(std::move(arguments)));
    }

private:
    TempDir directory_;
    DatagramPeer server_;
};

}  // namespace

TEST_CASE("A datagram client sends each line and prints each ack",
          "[datagrams][datagram-client][system]") {
    TempDir const directory;
    std::string const address =
        GENERATE(true, false) ? "udp:127.0.0.1:0" : "unixgram:" + directory / "s";
    auto server = ServerProcess::start({address});
    Run const talk = run(client_launch({server.address()}), "one\n\nlast without a newline");
    CHECK(talk.exit == Exit::with(0));
    CHECK(talk.out == ack_line + ack_line + ack_line);
    CHECK(talk.err.empty());
    CHECK(server.output() == "one\n\nlast without a newline\n");
    server.stop();
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("A datagram client says when no answer comes, and goes on with the next message",
          "[datagrams][datagram-client][system]") {
    DatagramScene scene;
    auto client = scene.client({"--ack-timeout", "8s", "--message", "one", "--message", "two"});
    CHECK(scene.server().receive() == "one\n");
    CHECK(scene.server().receive() == "two\n");
    scene.server().send(ack_line);
    CHECK(client.wait_for_exit() == Exit::with(1));
    CHECK(client.out().read_all() == ack_line);
    CHECK(client.err().read_all() ==
          "client: message 1 was not acknowledged: no answer within 8s\n");
}

TEST_CASE("A datagram that is not acked is sent again as often as asked, from the same address",
          "[datagrams][datagram-client][system]") {
    DatagramScene scene;
    // Three times are looked at; the others leave time for the ack.
    auto client =
        scene.client({"--ack-timeout", "100ms", "--retries", "999", "--message", "hello"});
    CHECK(scene.server().receive() == "hello\n");
    std::string const sender = scene.server().sender();
    CHECK(scene.server().receive() == "hello\n");
    CHECK(scene.server().sender() == sender);
    CHECK(scene.server().receive() == "hello\n");
    scene.server().send(ack_line);
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.out().read_all() == ack_line);
}

TEST_CASE("A datagram client that has sent again says how often",
          "[datagrams][datagram-client][system]") {
    DatagramScene scene;
    auto client = scene.client({"--ack-timeout", "50ms", "--retries", "2", "--message", "hello"});
    CHECK(client.wait_for_exit() == Exit::with(1));
    CHECK(client.err().read_all() ==
          "client: message 1 was not acknowledged: no answer within 50ms, sent 3 times\n");
    for (int i = 0; i < 3; ++i) {
        CHECK(scene.server().receive() == "hello\n");
    }
    CHECK_FALSE(scene.server().would_receive_within(Duration(0)));
}

TEST_CASE("An answer that comes twice, or late, is not taken for the next message's",
          "[datagrams][datagram-client][system]") {
    DatagramScene scene;
    auto client = scene.client({"--message", "one", "--message", "two"});
    CHECK(scene.server().receive() == "one\n");
    scene.server().send(ack_line);
    std::string const first = scene.server().sender();
    CHECK(scene.server().receive() == "two\n");
    CHECK(scene.server().sender() != first);
    scene.server().send("error: cannot display\n");
    CHECK(client.wait_for_exit() == Exit::with(1));
    CHECK(client.out().read_all() == ack_line);
    CHECK(client.err().read_all() ==
          "client: message 2 was not acknowledged: error: cannot display\n");
}

TEST_CASE("A datagram that nobody takes is told as what it is",
          "[datagrams][datagram-client][system]") {
    // Held, so that nobody else gets it; and it takes from its own server only.
    auto holder = DatagramPeer::to("udp:127.0.0.1:9", "udp:127.0.0.1:0");
    holder.connect();
    std::string const address = holder.own_address();
    Run const refused = run(client_launch({address, "--message", "hello"}));
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err == fmt::format("client: message 1 was not acknowledged: {}: Connection "
                                     "refused\n",
                                     address));
    Run const again =
        run(client_launch({address, "--message", "hi", "--retries", "1", "--ack-timeout", "50ms"}));
    CHECK(again.err == fmt::format("client: message 1 was not acknowledged: {}: Connection "
                                   "refused, sent 2 times\n",
                                   address));
    TempDir const directory;
    Run const nowhere =
        run(client_launch({"unixgram:" + directory / "none", "--message", "hello"}));
    CHECK(nowhere.exit == Exit::with(1));
    CHECK(nowhere.err.find("No such file or directory") != std::string::npos);
}

TEST_CASE("A message that no datagram can hold is told as what it is",
          "[datagrams][datagram-client][system]") {
    auto const server = DatagramPeer::at("udp:127.0.0.1:0");
    Run const talk = run(client_launch({server.own_address()}), std::string(65'507, 'x'));
    CHECK(talk.exit == Exit::with(1));
    CHECK(talk.err.find("Message too long") != std::string::npos);
}
