// Client: where its messages come from, and where its answers go.
#include "support/answers.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <csignal>
#include <string>
#include <vector>

using namespace roger::test;
using namespace std::string_literals;

namespace {

std::string const prompt = "Please enter the message: ";

ServerProcess start_server() {
    return ServerProcess::start({"127.0.0.1:0"});
}

/// A client whose user sits at a terminal.
Process at_terminal(std::vector<std::string> arguments) {
    auto launch = client_launch(std::move(arguments));
    launch.in = launch.out = launch.err = Stdio::terminal();
    return Process(launch);
}

}  // namespace

TEST_CASE("At a terminal the client prompts, sends one line, prints the ack and ends",
          "[client][system]") {
    auto server = start_server();
    auto client = at_terminal({server.address()});
    CHECK(client.terminal().read_until(prompt) == prompt);
    client.write("hello\n");
    // The terminal's echo, then the program's words.
    CHECK(client.terminal().read_all() == "hello\r\nI got your message\r\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "hello\n");
}

TEST_CASE("At a terminal an empty line is a message", "[client][system]") {
    auto server = start_server();
    auto client = at_terminal({server.address()});
    client.terminal().read_until(prompt);
    client.write("\n");
    CHECK(client.terminal().read_all() == "\r\nI got your message\r\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "\n");
}

TEST_CASE("At a terminal the end of input is no message", "[client][system]") {
    auto server = start_server();
    auto client = at_terminal({server.address()});
    client.terminal().read_until(prompt);
    client.close_stdin();
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(client.terminal().read_all().find("got your message") == std::string::npos);
    CHECK(server.counter("messages") == 0);
}

TEST_CASE("With --keep the client prompts until the end of input", "[client][system]") {
    auto server = start_server();
    auto client = at_terminal({"--keep", server.address()});
    client.terminal().read_until(prompt);
    for (std::string const message : {"one", "two", "three"}) {
        client.write(message + '\n');
        CHECK(client.terminal().read_until(prompt) ==
              fmt::format("{}\r\nI got your message\r\n{}", message, prompt));
        CHECK(server.output().ends_with(message + '\n'));
    }
    client.close_stdin();
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "one\ntwo\nthree\n");
}

TEST_CASE("Ctrl-C ends a client at its prompt", "[client][system]") {
    auto server = start_server();
    auto client = at_terminal({"--keep", server.address()});
    client.terminal().read_until(prompt);
    client.write("\x03");
    CHECK(client.wait_for_exit() == Exit::by(SIGINT));
}

TEST_CASE("An answer cannot send control sequences to the client's terminal", "[client][system]") {
    Listener listener("tcp:127.0.0.1:0");
    auto client = at_terminal({"--message", "x", listener.address()});
    Peer server = listener.accept();
    CHECK(server.receive_line() == "x");
    server.send("\x1b[2Jgot it\n");
    CHECK(client.terminal().read_all() == "\\x1b[2Jgot it\r\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
}

TEST_CASE("A refusal cannot send control sequences to the client's terminal either",
          "[client][system]") {
    Listener listener("tcp:127.0.0.1:0");
    Process client(client_launch({"--message", "x", listener.address()}));
    Peer server = listener.accept();
    CHECK(server.receive_line() == "x");
    server.send("error: \x1b[2J\xff\n");
    CHECK(client.wait_for_exit() == Exit::with(1));
    auto const err = client.err().read_all();
    CHECK(err.find(R"(error: \x1b[2J\xff)") != std::string::npos);
    CHECK(err.find('\x1b') == std::string::npos);
}

TEST_CASE("From a pipe every line is sent in turn, and nothing is prompted", "[client][system]") {
    auto server = start_server();
    Process client(client_launch({server.address()}));
    for (std::string const message : {"one", "", "three"}) {
        client.write(message + '\n');
        // Each is answered before the next is there to be read.
        CHECK(client.out().read_line() == "I got your message");
    }
    client.write("no newline at the end");
    client.close_stdin();
    CHECK(client.out().read_all() == ack_line);
    CHECK(client.err().read_all() == "");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "one\n\nthree\nno newline at the end\n");
}

TEST_CASE("The client prompts where its input is a terminal, whatever its output is",
          "[client][system]") {
    auto server = start_server();
    auto launch = client_launch({server.address()});
    launch.in = Stdio::terminal();
    Process typed(launch);
    CHECK(typed.out().read_until(prompt) == prompt);
    typed.write("x\n");
    CHECK(typed.out().read_all() == ack_line);
    CHECK(typed.wait_for_exit() == Exit::with(0));

    launch.in = Stdio::pipe();
    launch.out = Stdio::terminal();
    Process piped(launch);
    piped.write("y\n");
    piped.close_stdin();
    CHECK(piped.terminal().read_all() == "I got your message\r\n");
    CHECK(piped.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "x\ny\n");
}

TEST_CASE("From a file every line is sent", "[client][system]") {
    auto server = start_server();
    TempDir const directory;
    write_file(directory / "lines", "one\ntwo\0two\nthree\r\n\xff\n"s);
    auto launch = client_launch({server.address()});
    launch.in = Stdio::file(directory / "lines");
    auto const client = run(launch);
    CHECK(client.out == times(4, ack_line));
    CHECK(client.err == "");
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == "one\ntwo\\x00two\nthree\n\\xff\n");
}

TEST_CASE("A line loses its own ending and nothing else", "[client][system]") {
    auto server = start_server();
    auto const client =
        run(client_launch({server.address()}), "dos\r\n\r\n\r\r\na\rb\n\0\r\r\nlast\r"s);
    CHECK(client.out == times(6, ack_line));
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == "dos\n\n\\x0d\na\\x0db\n\\x00\\x0d\nlast\\x0d\n");
}

TEST_CASE("The return key ends a line at a terminal, and is no part of it", "[client][system]") {
    auto server = start_server();
    auto client = at_terminal({server.address()});
    client.terminal().read_until(prompt);
    client.write("hello\r");
    CHECK(client.terminal().read_all() == "hello\r\nI got your message\r\n");
    CHECK(client.wait_for_exit() == Exit::with(0));
    CHECK(server.output() == "hello\n");
}

TEST_CASE("What a message says is displayed, a carriage return at its end included",
          "[client][system]") {
    TempDir const directory;
    for (std::string const& address : {"127.0.0.1:0"s, "udp:127.0.0.1:0"s,
                                       "unix:" + directory / "s", "unixgram:" + directory / "d"}) {
        CAPTURE(address);
        auto server = ServerProcess::start({"--show", "raw", address});
        std::string displayed;
        std::vector<std::string> arguments{server.address()};
        for (std::string const message : {"abc\r", "\r", "\r\r", "", "a\rb", "\ra", "abc"}) {
            arguments.insert(arguments.end(), {"--message", message});
            displayed += message + '\n';
        }
        auto const client = run(client_launch(arguments));
        CHECK(client.out == times(7, ack_line));
        CHECK(client.exit == Exit::with(0));
        CHECK(server.output() == displayed);
    }
}

TEST_CASE("From /dev/null nothing is sent, and that is no failure", "[client][system]") {
    auto server = start_server();
    auto launch = client_launch({server.address()});
    launch.in = Stdio::null();
    auto const client = run(launch);
    CHECK(client.out == "");
    CHECK(client.err == "");
    CHECK(client.exit == Exit::with(0));
    CHECK(server.counter("messages") == 0);
}

TEST_CASE("Ten thousand lines from a pipe are ten thousand acks", "[client][system]") {
    auto server = start_server();
    std::string lines;
    for (int line = 0; line < 10000; ++line) {
        lines += "line " + std::to_string(line) + '\n';
    }
    auto const client = run(client_launch({server.address()}), lines);
    CHECK(client.out == times(10000, ack_line));
    CHECK(client.err == "");
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == lines);
}

TEST_CASE("A line as long as the server allows goes through, a longer one is told of",
          "[client][system]") {
    auto server = start_server();
    std::string const fits(65536, 'm');
    auto const client = run(client_launch({server.address()}), fits + '\n' + fits + "m\nlast\n");
    CHECK(client.out == ack_line + ack_line);
    CHECK(client.err.find("message 2 ") != std::string::npos);
    CHECK(client.err.find("error: message longer than 65536 bytes") != std::string::npos);
    CHECK(client.exit == Exit::with(1));
    CHECK(server.output() == fits + "\nlast\n");
}

TEST_CASE("Messages on the command line are sent in turn, and standard input is not read",
          "[client][system]") {
    auto server = start_server();
    auto const client = run(client_launch({"--message", "one", "--message", "", "--message",
                                           "--three", server.address()}),
                            "not this\n");
    CHECK(client.out == times(3, ack_line));
    CHECK(client.err == "");
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == "one\n\n--three\n");
}

TEST_CASE("Messages on the command line may stand before and after the address",
          "[client][system]") {
    auto server = start_server();
    auto const port = std::to_string(port_of(server.address()));
    std::vector<std::vector<std::string>> const orders{
        {"--message", "m", "127.0.0.1", port},
        {"127.0.0.1", port, "--message", "m"},
        {"--message", "m", server.address()},
        {server.address(), "--message=m"},
    };
    for (auto const& arguments : orders) {
        auto const client = run(client_launch(arguments));
        CHECK(client.out == ack_line);
        CHECK(client.err == "");
        CHECK(client.exit == Exit::with(0));
    }
    auto const both = run(client_launch({"--message", "m", server.address(), "--message", "m"}));
    CHECK(both.out == ack_line + ack_line);
    CHECK(both.exit == Exit::with(0));
    CHECK(server.output() == times(6, "m\n"));
}

TEST_CASE("An empty message may be joined to its option, and takes nothing of what follows",
          "[client][system]") {
    auto server = start_server();
    std::vector<std::vector<std::string>> const ways{
        {"--message=", server.address()},
        {server.address(), "--message="},
        {"--message=", "--", server.address()},
    };
    for (auto const& arguments : ways) {
        auto const client = run(client_launch(arguments));
        CHECK(client.out == ack_line);
        CHECK(client.err == "");
        CHECK(client.exit == Exit::with(0));
    }
    CHECK(server.output() == "\n\n\n");
}

TEST_CASE("An option's value may look like an option", "[client][system]") {
    auto server = start_server();
    auto const client =
        run(client_launch({"--message", "--message=", "--message=--keep", "--message", "--",
                           "--message", "--unknown", "--message==", server.address()}));
    CHECK(client.out == times(5, ack_line));
    CHECK(client.err == "");
    CHECK(client.exit == Exit::with(0));
    CHECK(server.output() == "--message=\n--keep\n--\n--unknown\n=\n");
}

TEST_CASE("A client whose standard output fails says so", "[client][system]") {
    auto server = start_server();
    auto launch = client_launch({server.address()});
    launch.out = Stdio::file("/dev/full");
    auto const full = run(launch, "x\n");
    CHECK(full.exit == Exit::with(1));
    CHECK(full.err.find("No space left") != std::string::npos);

    launch.out = Stdio::stalled_pipe();
    Process gone(launch);
    gone.out().close();
    gone.write("x\n");
    gone.close_stdin();
    CHECK(gone.wait_for_exit() == Exit::with(1));
    CHECK(gone.err().read_all().find("Broken pipe") != std::string::npos);
}

TEST_CASE("A client started with its standard descriptors closed harms nobody",
          "[client][system]") {
    auto server = start_server();
    auto launch = client_launch({"--message", "x", server.address()});
    launch.in = launch.out = launch.err = Stdio::closed();
    // Its ack cannot be printed, and must not go back to the server as a message.
    CHECK(run(launch).exit == Exit::with(1));
    CHECK(server.stop() == Exit::with(0));
    CHECK(server.output() == "x\n");
}
