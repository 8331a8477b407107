// Descriptors that somebody attaches to what it says (SCM_RIGHTS): nobody here keeps any.
#include "support/attachments.hpp"

#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/deadline.hpp"
#include "support/facts.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>

#include <sys/types.h>

using namespace roger::test;

namespace {

/// With few_descriptors each: more than a process may usually have open.
constexpr int many = 200;

void check_answer(int socket, std::string const& expected) {
    auto const answer = receive_with_descriptors(socket);
    REQUIRE(answer.bytes == expected);
    REQUIRE(answer.descriptors == 0);
}

/// UBSan opens a pipe for a moment, to tell whether an object is what it should be.
void check_descriptors(pid_t process, std::size_t before) {
    eventually("no descriptor is kept", [&] { return open_descriptors(process) <= before; });
}

}  // namespace

TEST_CASE("A server keeps no descriptors that come with a datagram, and sends none back",
          "[descriptors][datagrams][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({"unixgram:" + directory / "s"});
    auto peer = DatagramPeer::to(server.address());
    peer.send("without");
    CHECK(peer.receive() == ack_line);
    std::size_t const before = open_descriptors(server.id());
    std::string expected = "without\n";
    for (int i = 0; i < many; ++i) {
        send_with_descriptors(peer.descriptor(), "with", few_descriptors, server.address());
        check_answer(peer.descriptor(), ack_line);
        expected += "with\n";
    }
    check_descriptors(server.id(), before);
    CHECK(server.output() == expected);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A server keeps no descriptors that come with a datagram it refuses",
          "[descriptors][datagrams][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({"unixgram:" + directory / "s", "--max-message", "4B"});
    auto peer = DatagramPeer::to(server.address());
    std::size_t const before = open_descriptors(server.id());
    std::string const refusal = "error: message longer than 4 bytes\n";
    for (int i = 0; i < many; ++i) {
        send_with_descriptors(peer.descriptor(), std::string(100, 'x'), few_descriptors,
                              server.address());
        check_answer(peer.descriptor(), refusal);
    }
    check_descriptors(server.id(), before);
}

TEST_CASE("A server keeps no descriptors that come with a stream, and sends none back",
          "[descriptors][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({"unix:" + directory / "s"});
    Peer peer = Peer::connect(server.address());
    peer.send("without\n");
    CHECK(peer.receive_line() == ack);
    std::size_t const before = open_descriptors(server.id());
    std::string expected = "without\n";
    for (int i = 0; i < many; ++i) {
        send_with_descriptors(peer.descriptor(), "with\n", few_descriptors);
        check_answer(peer.descriptor(), ack_line);
        expected += "with\n";
    }
    check_descriptors(server.id(), before);
    CHECK(server.output() == expected);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A client keeps no descriptors that come with an answer", "[descriptors][system]") {
    TempDir const directory;
    Listener listener("unix:" + directory / "s");
    Process client(client_launch({listener.address()}));
    Peer server = listener.accept();
    auto const exchange = [&](std::size_t descriptors) {
        client.write("hello\n");
        CHECK(server.receive_line() == "hello");
        send_with_descriptors(server.descriptor(), ack_line, descriptors);
        CHECK(client.out().read_line() + '\n' == ack_line);
    };
    exchange(0);
    std::size_t const before = open_descriptors(client.id());
    exchange(few_descriptors);
    check_descriptors(client.id(), before);
    client.close_stdin();
    CHECK(client.wait_for_exit() == Exit::with(0));
}

TEST_CASE("A datagram client keeps no descriptors that come with an answer",
          "[descriptors][datagrams][system]") {
    TempDir const directory;
    auto server = DatagramPeer::at("unixgram:" + directory / "s");
    Process client(client_launch({server.own_address()}));
    auto const talk = [&](std::size_t descriptors) {
        client.write("hello\n");
        CHECK(server.receive() == "hello\n");
        send_with_descriptors(server.descriptor(), ack_line, descriptors, server.sender());
        CHECK(client.out().read_line() + '\n' == ack_line);
    };
    talk(0);
    std::size_t const before = open_descriptors(client.id());
    talk(few_descriptors);
    check_descriptors(client.id(), before);
    client.close_stdin();
    CHECK(client.wait_for_exit() == Exit::with(0));
}
