// What a program would hand on to one that it starts: nothing but what it was handed itself.
#include "support/datagram_peer.hpp"
#include "support/deadline.hpp"
#include "support/facts.hpp"
#include "support/load_process.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace roger::test;

namespace {

/// A file that it reads in a moment may be among them for that moment.
void check_hands_on_nothing(Process const& process) {
    CHECK(open_descriptors(process.id()) > 3);
    // The test's own are closed on exec, but for those that whoever started it left open.
    auto const handed_on = inheritable_descriptors(::getpid());
    CHECK_NOTHROW(eventually("none but those that it was handed",
                             [&] { return inheritable_descriptors(process.id()) == handed_on; }));
}

/// Where the test listens, which does not answer.
std::vector<std::string> kinds_of_stream(TempDir const& directory) {
    return {"tcp:127.0.0.1:0", "unix:" + directory / "s"};
}

std::vector<std::string> kinds_of_datagram(TempDir const& directory) {
    return {"udp:127.0.0.1:0", "unixgram:" + directory / "d"};
}

}  // namespace

TEST_CASE("A server hands on none of its sockets", "[descriptors][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 4;
    auto server = ServerProcess::start({"127.0.0.1:0", "udp:127.0.0.1:0", "unix:" + directory / "s",
                                        "unixgram:" + directory / "d"},
                                       std::move(setup));
    check_hands_on_nothing(server.process());
    // Nor of those that it accepts.
    std::vector<Peer> peers;
    for (std::size_t const number : {0U, 0U, 2U, 2U}) {
        peers.push_back(Peer::connect(server.address(number)));
        peers.back().send("hello\n");
        CHECK(peers.back().receive_line() == "I got your message");
    }
    check_hands_on_nothing(server.process());
}

TEST_CASE("A client that waits for its answer hands on nothing", "[descriptors][system]") {
    TempDir const directory;
    for (auto const& address : kinds_of_stream(directory)) {
        CAPTURE(address);
        Listener listener(address);
        Process client(client_launch({"--message", "x", listener.address()}));
        Peer peer = listener.accept();
        CHECK(peer.receive_line() == "x");
        check_hands_on_nothing(client);
    }
    for (auto const& address : kinds_of_datagram(directory)) {
        CAPTURE(address);
        auto server = DatagramPeer::at(address);
        Process client(client_launch({"--message", "x", server.own_address()}));
        CHECK(server.receive() == "x\n");
        check_hands_on_nothing(client);
    }
}

TEST_CASE("A load test hands on none of its sockets", "[descriptors][load][system]") {
    TempDir const directory;
    std::vector<std::string> const usual = {"--clients", "1", "--message", "x"};
    auto const launch = [&usual](std::string const& address) {
        auto arguments = usual;
        arguments.push_back(address);
        return load_launch(std::move(arguments));
    };
    for (auto const& address : kinds_of_stream(directory)) {
        CAPTURE(address);
        Listener listener(address);
        Process load(launch(listener.address()));
        Peer peer = listener.accept();
        CHECK(peer.receive_line() == "x");
        check_hands_on_nothing(load);
    }
    for (auto const& address : kinds_of_datagram(directory)) {
        CAPTURE(address);
        auto server = DatagramPeer::at(address);
        Process load(launch(server.own_address()));
        CHECK(server.receive() == "x");
        check_hands_on_nothing(load);
    }
}
