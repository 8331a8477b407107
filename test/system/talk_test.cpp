// Talk: the two programs as two processes, over every kind of stream address.
#include "support/answers.hpp"
#include "support/hosts.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace roger::test;

namespace {

/// A name in the abstract namespace that no other test has.
std::string abstract_name(std::string const& name) {
    return "unix:@roger-test-" + std::to_string(::getpid()) + '-' + name;
}

/// One message through both programs: the client's whole output, and the server's after it.
void check_talk(ServerProcess& server, std::vector<std::string> const& where,
                std::string const& message) {
    auto const before = server.output();
    auto const client = run(client_launch(where), message + '\n');
    CHECK(client.out == ack_line);
    CHECK(client.err == "");
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == before + message + '\n');
}

/// A server, and the same port at another host, held so that nobody at all can listen there.
struct Beside {
    RefusingAddress refusing;
    ServerProcess server;
};

Beside start_beside(std::string const& refusing_host, std::string const& host) {
    for (int tries = 1;; ++tries) {
        RefusingAddress refusing(refusing_host);
        try {
            auto server = ServerProcess::start({host + ':' + port_text(refusing.address())});
            return {std::move(refusing), std::move(server)};
        } catch (Failure const&) {
            // Somebody else has the port at `host`.
            if (tries == 10) {
                throw;
            }
        }
    }
}

}  // namespace

TEST_CASE("A line typed at the client is displayed by the server and acknowledged over IPv4",
          "[talk][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const port = port_text(server.address());
    CHECK(server.address() == "tcp:127.0.0.1:" + port);
    CHECK(port != "0");
    check_talk(server, {"127.0.0.1", port}, "host and port");
    check_talk(server, {"127.0.0.1:" + port}, "host:port");
    check_talk(server, {"tcp:127.0.0.1:" + port}, "with its prefix");
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "host and port\nhost:port\nwith its prefix\n");
}

TEST_CASE("The two programs talk over IPv6", "[talk][system]") {
    if (!has_ipv6()) {
        SKIP("this machine has no ::1");
    }
    auto server = ServerProcess::start({"[::1]:0"});
    auto const port = port_text(server.address());
    CHECK(server.address() == "tcp:[::1]:" + port);
    check_talk(server, {"::1", port}, "host and port");
    check_talk(server, {"[::1]", port}, "brackets and port");
    check_talk(server, {"[::1]:" + port}, "brackets:port");
    check_talk(server, {"tcp:[::1]:" + port}, "with its prefix");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A server given a bare port serves IPv4 and IPv6", "[talk][system]") {
    if (!has_ipv6()) {
        SKIP("this machine has no ::1");
    }
    auto server = ServerProcess::start({"0"});
    auto const port = port_text(server.address());
    CHECK(server.address() == "tcp:[::]:" + port);
    check_talk(server, {"127.0.0.1", port}, "four");
    check_talk(server, {"::1", port}, "six");
    check_talk(server, {server.address()}, "as printed");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("The two programs talk at localhost", "[talk][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    check_talk(server, {"localhost", port_text(server.address())}, "by name");

    auto named = ServerProcess::start({"localhost:0"});
    check_talk(named, {named.address()}, "the server by name");
    CHECK(named.stop() == Exit::with(0));
}

TEST_CASE("The two programs talk over a Unix socket with a path", "[talk][system]") {
    TempDir const directory;
    auto const address = "unix:" + directory / "s o c k e t";
    auto server = ServerProcess::start({address});
    CHECK(server.address() == address);
    check_talk(server, {address}, "an absolute path");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A Unix socket's path may be relative", "[talk][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.launch.directory = directory.path();
    auto server = ServerProcess::start({"unix:socket"}, std::move(setup));
    CHECK(server.address() == "unix:socket");
    auto launch = client_launch({"unix:socket"});
    launch.directory = directory.path();
    auto const client = run(launch, "here\n");
    CHECK(client.out == ack_line);
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == "here\n");
}

TEST_CASE("A Unix socket's path may have the full 107 bytes", "[talk][system]") {
    TempDir const directory;
    auto const start = directory.path().string() + '/';
    auto const address = "unix:" + start + std::string(107 - start.size(), 'p');
    auto server = ServerProcess::start({address});
    CHECK(server.address() == address);
    check_talk(server, {address}, "a long way");
}

TEST_CASE("A name in the abstract namespace may have the full 107 bytes", "[talk][system]") {
    auto address = abstract_name("talk");
    address.resize(std::string_view("unix:@").size() + 107, 'n');
    auto server = ServerProcess::start({address});
    CHECK(server.address() == address);
    check_talk(server, {address}, "a long name");
}

TEST_CASE("The two programs talk over an abstract Unix socket", "[talk][system]") {
    auto const address = abstract_name("talk");
    auto server = ServerProcess::start({address});
    CHECK(server.address() == address);
    check_talk(server, {address}, "no file");
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("One server talks at several addresses at once", "[talk][system]") {
    TempDir const directory;
    std::vector<std::string> const wanted{"127.0.0.1:0", "127.0.0.2:0",
                                          "unix:" + directory / "socket", abstract_name("several")};
    ServerSetup setup;
    setup.addresses = wanted.size();
    auto server = ServerProcess::start(wanted, std::move(setup));
    // All four are open at the same time, and each is answered while the others are.
    std::vector<Peer> peers;
    for (std::size_t number = 0; number < wanted.size(); ++number) {
        peers.push_back(Peer::connect(server.address(number)));
        peers.back().send("peer " + std::to_string(number) + '\n');
        CHECK(peers.back().receive_line() == "I got your message");
    }
    for (std::size_t number = 0; number < wanted.size(); ++number) {
        check_talk(server, {server.address(number)}, "client " + std::to_string(number));
    }
    CHECK(server.output() ==
          "peer 0\npeer 1\npeer 2\npeer 3\nclient 0\nclient 1\nclient 2\nclient 3\n");
}

TEST_CASE("A client tries the next address of a name when the first refuses", "[talk][system]") {
    need_hosts();
    TempDir const directory;
    auto const hosts = directory / "hosts";
    write_file(hosts, "127.0.0.1 two.test\n127.0.0.2 two.test\n");
    // Whichever of the two is tried first, it refuses once.
    for (auto const& [refusing, host] :
         {std::pair("127.0.0.1", "127.0.0.2"), std::pair("127.0.0.2", "127.0.0.1")}) {
        CAPTURE(host);
        auto const beside = start_beside(refusing, host);
        auto const port = port_text(beside.server.address());
        auto const client = run(with_hosts(client_launch({"two.test", port}), hosts), "x\n");
        CHECK(client.out == ack_line);
        CHECK(client.err == "");
        CHECK(client.exit == Exit::with(0));
        CHECK(beside.server.output() == "x\n");
    }
}

TEST_CASE("A client falls back from IPv6 to IPv4", "[talk][system]") {
    need_hosts();
    if (!has_ipv6()) {
        SKIP("this machine has no ::1");
    }
    TempDir const directory;
    auto const hosts = directory / "hosts";
    write_file(hosts, "127.0.0.1 localhost\n::1 localhost\n");
    auto const beside = start_beside("::1", "127.0.0.1");
    auto const port = port_text(beside.server.address());
    auto const client = run(with_hosts(client_launch({"localhost", port}), hosts), "x\n");
    CHECK(client.out == ack_line);
    CHECK(client.exit == Exit::with(0));
    CHECK(beside.server.output() == "x\n");
}

TEST_CASE("A client whose every address refuses says what failed for each", "[talk][system]") {
    need_hosts();
    TempDir const directory;
    auto const hosts = directory / "hosts";
    write_file(hosts, "127.0.0.1 two.test\n127.0.0.2 two.test\n");
    RefusingAddress const refusing("0.0.0.0");  // nobody else gets this port meanwhile
    auto const port = port_text(refusing.address());
    auto const client = run(with_hosts(client_launch({"two.test", port}), hosts), "x\n");
    CHECK(client.out == "");
    CHECK(client.err.find("127.0.0.1:" + port) != std::string::npos);
    CHECK(client.err.find("127.0.0.2:" + port) != std::string::npos);
    CHECK(client.err.find("refused") != client.err.rfind("refused"));
    CHECK(client.exit == Exit::with(1));
}

TEST_CASE("A server started with --once ends after the first conversation", "[talk][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({"--once", "unix:" + directory / "socket"});
    auto const client = run(client_launch({server.address()}), "one\ntwo\n");
    CHECK(client.out == std::string(ack_line) + ack_line);
    CHECK(client.exit == Exit::with(0));
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "one\ntwo\n");
    CHECK_THROWS_AS(Peer::connect(server.address()), Failure);
}

TEST_CASE("A restarted server has its port again at once", "[talk][system]") {
    auto first = ServerProcess::start({"--once", "127.0.0.1:0"});
    auto peer = Peer::connect(first.address());
    peer.send("x\n");
    CHECK(peer.receive_line() == "I got your message");
    first.signal(SIGTERM);
    CHECK(peer.receive_all() == "error: shutting down\n");
    // The server has closed first: its side of the connection stays in TIME_WAIT.
    peer.close();
    CHECK(first.wait_for_exit() == Exit::with(0));
    auto second = ServerProcess::start({first.address()});
    check_talk(second, {second.address()}, "again");
}

TEST_CASE("The server says what its ack is told to be", "[talk][system]") {
    auto server = ServerProcess::start({"--ack", "Roger, \xc3\xbc", "127.0.0.1:0"});
    auto const client = run(client_launch({server.address()}), "x\n");
    CHECK(client.out == "Roger, \xc3\xbc\n");
    CHECK(client.exit == Exit::with(0));
}
