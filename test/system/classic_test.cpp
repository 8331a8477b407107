// --classic: the tutorial's own programs, byte for byte, and its clients and servers with ours.
#include "support/datagram_peer.hpp"
#include "support/deadline.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"
#include "system/classic_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/ioctl.h>

using namespace roger::test;
using namespace std::string_literals;

namespace {

using Arguments = std::vector<std::string>;

std::string const tcp_prompt = "Please enter the message: ";
std::string const unix_prompt = "Please enter your message: ";

Run classic_client(Arguments arguments, std::string_view input) {
    arguments.insert(arguments.begin(), "--classic");
    return run(client_launch(std::move(arguments)), input);
}

void check_refusal(Launch const& launch, std::string const& said, int status) {
    auto const ended = run(launch);
    CAPTURE(ended.err);
    CHECK(ended.exit == Exit::with(status));
    CHECK(ended.err == said + '\n');
    CHECK(ended.out == "");
}

}  // namespace

// --- the server ---------------------------------------------------------------------------

TEST_CASE("classic server, TCP: one message, its acknowledgement, the end", "[classic][system]") {
    auto server = classic_server(tcp_address);
    Peer client = connected(server);
    client.send("hello\n");
    CHECK(client.receive_all() == tcp_ack);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: hello\n\n");
}

TEST_CASE("classic server, trap 1: a message needs neither newline nor half-close",
          "[classic][system]") {
    auto server = classic_server(tcp_address);
    Peer client = connected(server);
    client.send(std::string(254, 'x'));
    CHECK(client.receive_all() == tcp_ack);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: " + std::string(254, 'x') + '\n');
}

TEST_CASE("classic server, trap 3: what it does not read ends in a reset", "[classic][system]") {
    auto server = classic_server(tcp_address);
    Peer client = connected(server);
    client.send(std::string(300, 'x'));
    CHECK(client.receive_exactly(tcp_ack.size()) == tcp_ack);
    CHECK(client.wait_for_end() == End::reset);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: " + std::string(255, 'x') + '\n');
}

TEST_CASE("classic server, trap 5: who only connects has said nothing, and is acknowledged",
          "[classic][system]") {
    auto server = classic_server(tcp_address);
    Peer client = connected(server);
    client.half_close();
    CHECK(client.receive_all() == tcp_ack);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: \n");
}

TEST_CASE("classic server, trap 6: a zero byte ends what is shown", "[classic][system]") {
    auto server = classic_server(tcp_address);
    Peer client = connected(server);
    client.send("seen\0hidden\n"s);
    CHECK(client.receive_all() == tcp_ack);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: seen\n");
}

TEST_CASE("classic server, trap 7: it can be started again at once", "[classic][system]") {
    auto first = classic_server(tcp_address);
    std::string const address = first.address();
    Peer client = connected(first);
    client.send("hello\n");
    CHECK(client.receive_all() == tcp_ack);
    CHECK(first.wait_for_exit() == Exit::with(0));
    // The server closed first: its port is in TIME_WAIT now, and has to be the same.
    auto launch = server_launch({"--classic", address});
    Process second(launch);
    Peer again = connected_at(address);
    again.send("again\n");
    CHECK(again.receive_all() == tcp_ack);
    CHECK(second.wait_for_exit() == Exit::with(0));
    CHECK(second.out().read_all() == "Here is the message: again\n\n");
}

TEST_CASE("classic server, Unix stream: one message, and no file is left", "[classic][system]") {
    TempDir const directory;
    std::string const address = "unix:" + directory / "s";
    auto server = classic_server(address);
    Peer client = connected_at(address);
    client.send("hello\n");
    CHECK(client.receive_all() == "I got your message\n");
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "A connection has been established\nhello\n");
    CHECK_FALSE(std::filesystem::exists(directory / "s"));
}

TEST_CASE("classic server, Unix stream: it reads 80 bytes at most", "[classic][system]") {
    TempDir const directory;
    std::string const address = "unix:" + directory / "s";
    auto server = classic_server(address);
    Peer client = connected_at(address);
    client.send(std::string(90, 'x'));
    CHECK(client.receive_exactly(19) == "I got your message\n");
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "A connection has been established\n" + std::string(80, 'x'));
}

TEST_CASE("classic server, UDP: it goes on until it is told to end", "[classic][system]") {
    auto server = classic_server("udp:127.0.0.1:0");
    auto client = DatagramPeer::to(server.address());
    client.send("hello\n");
    CHECK(client.receive() == "Got your message\n");
    client.send(std::string(2000, 'x'));
    CHECK(client.receive() == "Got your message\n");
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() ==
          "Received a datagram: hello\nReceived a datagram: " + std::string(1024, 'x'));
}

TEST_CASE("classic server, forking: many at once, until it is told to end", "[classic][system]") {
    auto server = classic_server(tcp_address, "--classic=forking");
    Peer const silent = connected(server);
    Peer first = connected(server);
    Peer second = connected(server);
    second.send("two\n");
    CHECK(second.receive_all() == tcp_ack);
    first.send("one\n");
    CHECK(first.receive_all() == tcp_ack);
    server.signal(SIGINT);
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: two\n\nHere is the message: one\n\n");
}

TEST_CASE("classic server: a signal ends it in order, also while nobody has come",
          "[classic][system]") {
    TempDir const directory;
    auto server = classic_server("unix:" + directory / "s");
    CHECK(server.stop() == Exit::with(0));
    CHECK_FALSE(std::filesystem::exists(directory / "s"));
}

TEST_CASE("classic server: errors are told in the tutorial's words", "[classic][system]") {
    check_refusal(server_launch({"--classic"}), "ERROR, no port provided", 1);
    Listener const holder("tcp:127.0.0.1:0");
    check_refusal(server_launch({"--classic", holder.address()}),
                  "ERROR on binding: Address already in use", 1);
}

TEST_CASE("classic server: what makes no sense with it is refused", "[classic][system]") {
    check_refusal(server_launch({"--classic", "--limit", "5", "0"}),
                  "server: --limit: --classic has no use for it", 2);
    check_refusal(server_launch({"--classic", "--once", "0"}),
                  "server: --once: --classic has no use for it", 2);
    check_refusal(server_launch({"--classic", "0", "udp:0"}),
                  "server: --classic: the tutorial's servers have one address", 2);
    check_refusal(server_launch({"--classic", "unixgram:@roger-classic"}),
                  "server: --classic: the tutorial has no server of Unix datagrams", 2);
    check_refusal(server_launch({"--classic=forking", "udp:0"}),
                  "server: --classic=forking: the tutorial's forking server is one of TCP", 2);
    check_refusal(server_launch({"--classic=other", "0"}),
                  "server: --classic=other: write --classic or --classic=forking", 2);
}

// --- the client ---------------------------------------------------------------------------

TEST_CASE("classic client, TCP: it asks, sends a line and prints the acknowledgement",
          "[classic][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process client(client_launch({"--classic", listener.address()}));
    Peer served = listener.accept();
    CHECK(client.out().read_until(tcp_prompt) == tcp_prompt);
    client.write("hello\nnot sent\n");
    CHECK(served.receive_exactly(6) == "hello\n");
    served.send(tcp_ack);
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.out().read_all() == tcp_ack + '\n');
    CHECK(served.receive_all() == "");
}

TEST_CASE("classic client, trap 1: a long line is cut to 254 bytes", "[classic][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process client(client_launch({"--classic", listener.address()}));
    Peer served = listener.accept();
    client.write(std::string(300, 'x') + '\n');
    CHECK(served.receive_exactly(254) == std::string(254, 'x'));
    CHECK_FALSE(served.would_receive_within(std::chrono::milliseconds(50)));
    served.send(tcp_ack);
    CHECK(client.wait_for_exit() == Exit::with(0));
}

TEST_CASE("classic client, trap 2: without a message it does not wait for ever",
          "[classic][system]") {
    Listener const listener("tcp:127.0.0.1:0");
    auto const ended = classic_client({listener.address()}, "");
    CHECK(ended.exit == Exit::with(1));
    CHECK(ended.err == "ERROR, no message on standard input\n");
    CHECK(ended.out == tcp_prompt);
}

TEST_CASE("Either client, trap 3: a reset after the acknowledgement is no failure",
          "[classic][system]") {
    for (bool const classic : {false, true}) {
        CAPTURE(classic);
        Listener listener("tcp:127.0.0.1:0");
        Arguments arguments = {listener.address()};
        if (classic) {
            arguments.insert(arguments.begin(), "--classic");
        }
        Process client(client_launch(arguments));
        Peer served = listener.accept();
        client.write(std::string(250, 'x') + '\n');
        // All of it has arrived, and stays unread: closing then resets.
        eventually("the whole message arrives", [&] {
            int arrived = 0;
            ::ioctl(served.descriptor(), FIONREAD, &arrived);
            return arrived == 251;
        });
        served.send(tcp_ack);
        client.close_stdin();
        served.close();
        CHECK(client.wait_for_exit() == Exit::with(0));
        CHECK(client.out().read_all() == (classic ? tcp_prompt : "") + tcp_ack + '\n');
    }
}

TEST_CASE("classic client, trap 4: it reads once, and prints a newline after what it read",
          "[classic][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process client(client_launch({"--classic", listener.address()}));
    Peer served = listener.accept();
    client.write("hello\n");
    served.send("I got\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.out().read_all() == tcp_prompt + "I got\n\n");
}

TEST_CASE("classic client: a server that closes without an acknowledgement is a failure",
          "[classic][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process client(client_launch({"--classic", listener.address()}));
    Peer served = listener.accept();
    client.write("hello\n");
    CHECK(served.receive_exactly(6) == "hello\n");
    served.close();
    CHECK(client.wait_for_exit() == Exit::with(1));
    CHECK(client.out().read_all() == tcp_prompt + '\n');
    CHECK(client.err().read_all() == "ERROR, the server closed without an acknowledgement\n");
}

TEST_CASE("classic client, UDP: it prints what came", "[classic][system]") {
    auto server = DatagramPeer::at("udp:127.0.0.1:0");
    Process client(client_launch({"--classic", server.own_address()}));
    client.write("hello\n");
    CHECK(server.receive() == "hello\n");
    server.send("Got your message\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.out().read_all() == tcp_prompt + "Got an ack: Got your message\n");
}

TEST_CASE("classic client, Unix stream: it prints what came", "[classic][system]") {
    TempDir const directory;
    Listener listener("unix:" + directory / "s");
    Process client(client_launch({"--classic", listener.address()}));
    Peer served = listener.accept();
    client.write(std::string(100, 'x') + '\n');
    CHECK(served.receive_exactly(79) == std::string(79, 'x'));
    served.send("I got your message\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.out().read_all() == unix_prompt + "The return message was\nI got your message\n");
}

TEST_CASE("classic client: errors are told in the tutorial's words", "[classic][system]") {
    auto const usage = client_launch({"--classic"});
    check_refusal(usage, "usage " + usage.program + " hostname port", 2);
    RefusingAddress const refusing;
    auto const refused = classic_client({refusing.address()}, "hello\n");
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err == "ERROR connecting: Connection refused\n");
    auto const unknown = classic_client({"no-such-host.invalid", "5"}, "hello\n");
    CHECK(unknown.exit == Exit::with(1));
    CHECK(unknown.err == "ERROR, no such host\n");
}

TEST_CASE("classic client: it waits no longer than it is told to", "[classic][system]") {
    Listener const listener("tcp:127.0.0.1:0");
    auto const ended = classic_client({"--ack-timeout", "50ms", listener.address()}, "hello\n");
    CHECK(ended.exit == Exit::with(1));
    CHECK(ended.err == "ERROR reading from socket: no answer within 50ms\n");
}

TEST_CASE("classic client: what makes no sense with it is refused", "[classic][system]") {
    check_refusal(client_launch({"--classic", "--keep", "localhost", "5"}),
                  "client: --keep: --classic has no use for it", 2);
    check_refusal(client_launch({"--classic", "--message", "x", "localhost", "5"}),
                  "client: --message: --classic has no use for it", 2);
    check_refusal(client_launch({"--classic", "--retries", "1", "udp:localhost:5"}),
                  "client: --retries: --classic has no use for it", 2);
    check_refusal(client_launch({"--classic", "unixgram:@roger-classic"}),
                  "client: --classic: the tutorial has no client of Unix datagrams", 2);
}

// --- without --classic --------------------------------------------------------------------

TEST_CASE("The ordinary server serves the original clients", "[classic][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 3;
    auto server = ServerProcess::start({tcp_address, "udp:127.0.0.1:0", "unix:" + directory / "s"},
                                       std::move(setup));
    // One read of 255 bytes has the whole answer.
    Peer client = Peer::connect(server.address(0));
    client.send("over TCP\n");
    CHECK(client.receive_exactly(19) == "I got your message\n");
    client.close();
    auto datagrams = DatagramPeer::to(server.address(1));
    datagrams.send("over UDP\n");
    CHECK(datagrams.receive() == "I got your message\n");
    Peer local = Peer::connect(server.address(2));
    local.send("over a Unix stream\n");
    CHECK(local.receive_exactly(19) == "I got your message\n");
    local.close();
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "over TCP\nover UDP\nover a Unix stream\n");
}

TEST_CASE("The ordinary client talks to the original servers", "[classic][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process client(client_launch({"--message", "hello", listener.address()}));
    Peer served = listener.accept();
    CHECK(served.receive_exactly(6) == "hello\n");
    served.send(tcp_ack);  // without a newline
    served.close();
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.out().read_all() == tcp_ack + '\n');

    auto datagrams = DatagramPeer::at("udp:127.0.0.1:0");
    Process sender(client_launch({"--message", "hello", datagrams.own_address()}));
    CHECK(datagrams.receive() == "hello\n");
    datagrams.send("Got your message\n");
    CHECK(sender.wait_for_exit() == Exit::with(0));
    CHECK(sender.out().read_all() == "Got your message\n");
}

TEST_CASE("Our classic client and our classic server understand each other", "[classic][system]") {
    auto server = classic_server(tcp_address);
    auto const client = classic_client({server.address()}, "hello\n");
    CHECK(client.exit == Exit::with(0));
    CHECK(client.out == tcp_prompt + tcp_ack + '\n');
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "Here is the message: hello\n\n");
}
