// Client: servers that answer badly, played by the test.
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <string>
#include <vector>

#include <sys/ioctl.h>

using namespace roger::test;

namespace {

/// A client that talks to a server played by the test.
struct ClientScene {
    Listener listener;
    Process client;
    Peer server;

    explicit ClientScene(std::vector<std::string> arguments,
                         std::string const& where = "tcp:127.0.0.1:0")
        : listener(where),
          client(client_launch(with(std::move(arguments), listener.address()))),
          server(listener.accept()) {}

    static std::vector<std::string> with(std::vector<std::string> arguments,
                                         std::string const& address) {
        arguments.push_back(address);
        return arguments;
    }

    /// How it ends, and that its standard error says `why` of message `number`.
    void check_failure(int number, std::string const& why) {
        CHECK(client.wait_for_exit() == Exit::with(1));
        auto const err = client.err().read_all();
        CAPTURE(err);
        CHECK(err.find("message " + std::to_string(number) + " ") != std::string::npos);
        CHECK(err.find(why) != std::string::npos);
    }
};

std::string long_line(std::size_t size) {
    std::string line;
    line.resize(size - 1, 'x');
    return line + '\n';
}

constexpr std::size_t most_places = 10;

/// Connects until the system takes no more, and keeps what it took.
std::vector<Peer> fill_queue(std::string const& address) {
    std::vector<Peer> queue;
    for (bool full = false; !full && queue.size() < most_places;) {
        try {
            queue.push_back(Peer::connect(address, {}, Duration(200)));
        } catch (Failure const&) {
            full = true;
        }
    }
    return queue;
}

}  // namespace

TEST_CASE("A server that dies mid-way is told of with the first message not acked",
          "[client][system]") {
    ClientScene scene({});
    scene.client.write("one\ntwo\nthree\nfour\n");
    for (std::string const message : {"one", "two"}) {
        CHECK(scene.server.receive_line() == message);
        scene.server.send("got " + message + '\n');
    }
    CHECK(scene.server.receive_line() == "three");
    scene.server.close();
    scene.check_failure(3, "closed the connection");
    CHECK(scene.client.out().read_all() == "got one\ngot two\n");
}

TEST_CASE("A server that resets the connection is told of", "[client][system]") {
    ClientScene scene({"--message", "one", "--message", "two"});
    CHECK(scene.server.receive_line() == "one");
    scene.server.send("got one\n");
    CHECK(scene.server.receive_line() == "two");
    scene.server.reset();
    scene.check_failure(2, "closed the connection");
    CHECK(scene.client.out().read_all() == "got one\n");
}

TEST_CASE("A server killed in the middle of many messages loses none silently",
          "[client][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Process client(client_launch({server.address()}));
    for (int line = 1; line <= 100; ++line) {
        client.write(std::to_string(line) + '\n');
        CHECK(client.out().read_line() == "I got your message");
    }
    server.signal(SIGKILL);
    CHECK(server.wait_for_exit() == Exit::by(SIGKILL));
    client.try_write("101\n");
    client.close_stdin();
    CHECK(client.wait_for_exit() == Exit::with(1));
    CHECK(client.err().read_all().find("message 101 ") != std::string::npos);
    CHECK(split_lines(server.output()).size() == 100);
}

TEST_CASE("A server that never acks is waited for no longer than told", "[client][system]") {
    ClientScene scene({"--ack-timeout", "300ms", "--message", "one", "--message", "two"});
    CHECK(scene.server.receive_line() == "one");
    scene.check_failure(1, "300ms");
    CHECK(scene.client.out().read_all() == "");
    CHECK(scene.server.receive_all() == "");
}

TEST_CASE("A server that does not finish its answer is waited for no longer than told",
          "[client][system]") {
    ClientScene scene({"--ack-timeout", "300ms", "--message", "one"});
    CHECK(scene.server.receive_line() == "one");
    scene.server.send("I got");
    scene.check_failure(1, "300ms");
    CHECK(scene.client.out().read_all() == "");
}

TEST_CASE("A server that takes no more is waited for no longer than told", "[client][system]") {
    // More than fits into both systems' buffers.
    ClientScene scene({"--ack-timeout", "300ms"});
    scene.client.try_write(long_line(32'000'000));
    scene.client.close_stdin();
    scene.check_failure(1, "300ms");
}

TEST_CASE("A refusal is told of on standard error, and the other messages are sent",
          "[client][system]") {
    ClientScene scene({"--message", "one", "--message", "two", "--message", "three"});
    CHECK(scene.server.receive_line() == "one");
    scene.server.send("got one\n");
    CHECK(scene.server.receive_line() == "two");
    scene.server.send("error: message longer than 2 bytes\n");
    CHECK(scene.server.receive_line() == "three");
    scene.server.send("got three\n");
    scene.check_failure(2, "error: message longer than 2 bytes");
    CHECK(scene.client.out().read_all() == "got one\ngot three\n");
}

TEST_CASE("A busy server is told of", "[client][system]") {
    auto server = ServerProcess::start({"--limit", "1", "--when-full", "refuse", "127.0.0.1:0"});
    Peer first = Peer::connect(server.address());
    first.send("x\n");
    first.receive_line();
    auto const client = run(client_launch({server.address()}), "one\ntwo\n");
    CHECK(client.exit == Exit::with(1));
    CHECK(client.out == "");
    CHECK(client.err.find("message 1 ") != std::string::npos);
    CHECK(client.err.find("error: busy") != std::string::npos);
    CHECK(server.output() == "x\n");
}

TEST_CASE("An answer may come in pieces", "[client][system]") {
    TempDir const directory;
    ClientScene scene({"--message", "one", "--message", "two"}, "unix:" + directory / "socket");
    CHECK(scene.server.receive_line() == "one");
    for (char const byte : std::string("I got it\n")) {
        scene.server.send(std::string(1, byte));
        scene.server.wait_until_read();
    }
    CHECK(scene.server.receive_line() == "two");
    scene.server.send("so I did\r\n");
    CHECK(scene.client.wait_for_exit() == Exit::with(0));
    CHECK(scene.client.out().read_all() == "I got it\nso I did\n");
}

TEST_CASE("Answers that come together are taken one for each message", "[client][system]") {
    ClientScene scene({"--message", "one", "--message", "two"});
    CHECK(scene.server.receive_line() == "one");
    scene.server.send("got one\ngot two\n");
    CHECK(scene.server.receive_line() == "two");
    CHECK(scene.client.wait_for_exit() == Exit::with(0));
    CHECK(scene.client.out().read_all() == "got one\ngot two\n");
}

TEST_CASE("The tutorial's server ends its ack by closing", "[client][system]") {
    ClientScene scene({"--message", "one"});
    CHECK(scene.server.receive_line() == "one");
    scene.server.send("I got your message");
    scene.server.close();
    CHECK(scene.client.wait_for_exit() == Exit::with(0));
    CHECK(scene.client.out().read_all() == "I got your message\n");
    CHECK(scene.client.err().read_all() == "");
}

TEST_CASE("The tutorial's server resets after its ack what it has not read", "[client][system]") {
    std::string const message(300, 'm');
    ClientScene scene({"--message", message});
    // All of it has arrived, and some of it stays unread: closing then resets.
    eventually("the whole message arrives", [&] {
        int arrived = 0;
        ::ioctl(scene.server.descriptor(), FIONREAD, &arrived);
        return arrived == 301;
    });
    scene.server.send("I got your message");
    scene.server.close();
    CHECK(scene.client.wait_for_exit() == Exit::with(0));
    CHECK(scene.client.out().read_all() == "I got your message\n");
}

TEST_CASE("An answer without an end does not fill the client's memory", "[client][system]") {
    ClientScene scene({"--message", "one"});
    CHECK(scene.server.receive_line() == "one");
    auto const taken = scene.server.send_until_stuck(long_line(100'000'000));
    CHECK(taken < 50'000'000);
    scene.check_failure(1, "answer is longer than");
}

TEST_CASE("A server that does not answer to connecting is given up in time", "[client][system]") {
    // A listen queue that is full and stays so: the system drops what asks for more.
    Listener const listener("tcp:127.0.0.1:0", 0);
    auto const queue = fill_queue(listener.address());
    if (queue.size() == most_places) {
        SKIP("this system's listen queue has no end");
    }
    auto const client =
        run(client_launch({"--connect-timeout", "300ms", listener.address()}), "one\n");
    CHECK(client.exit == Exit::with(1));
    CHECK(client.out == "");
    CHECK(client.err.find(listener.address()) != std::string::npos);
    CHECK(client.err.find("300ms") != std::string::npos);
}

TEST_CASE("A Unix socket whose listen queue is full is waited for", "[client][system]") {
    TempDir const directory;
    Listener listener("unix:" + directory / "socket", 0);
    auto const waiting = Peer::connect(listener.address());
    auto const given_up =
        run(client_launch({"--connect-timeout", "300ms", listener.address()}), "one\n");
    CHECK(given_up.exit == Exit::with(1));
    CHECK(given_up.err.find("300ms") != std::string::npos);

    Process client(
        client_launch({"--connect-timeout", "none", "--message", "two", listener.address()}));
    auto const first = listener.accept();
    Peer server = listener.accept();
    CHECK(server.receive_line() == "two");
    server.send("got two\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
}
