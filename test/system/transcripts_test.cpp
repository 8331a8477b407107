// Transcripts: every rule of the protocol, byte for byte, over real sockets.
#include "protocol/escaped.hpp"
#include "support/answers.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

using namespace roger::test;
using namespace std::string_literals;

namespace {

/// A server on a Unix socket whose messages have at most 16 bytes.
class SmallServer {
public:
    SmallServer()
        : server_(ServerProcess::start({"--max-message", "16B", "unix:" + directory_ / "s"})) {}

    [[nodiscard]] Peer connect() const { return Peer::connect(server_.address()); }

    /// Says `bytes` and no more; what is answered until the server closes.
    [[nodiscard]] std::string answers_to(std::string_view bytes) const {
        Peer peer = connect();
        peer.send(bytes);
        peer.half_close();
        return peer.receive_all();
    }

    /// What was displayed since the last call.
    std::string displayed() {
        auto const all = server_.output();
        return all.substr(std::exchange(seen_, all.size()));
    }

private:
    TempDir directory_;
    ServerProcess server_;
    std::size_t seen_ = 0;
};

}  // namespace

TEST_CASE("A message is answered before the next one is sent", "[transcripts][system]") {
    SmallServer server;
    Peer peer = server.connect();
    for (auto const* message : {"one", "two", "three"}) {
        peer.send(message + "\n"s);
        CHECK(peer.receive_line() == "I got your message");
        CHECK(server.displayed() == message + "\n"s);
    }
    CHECK(peer.pending() == "");
}

TEST_CASE("Nothing is said before the first message", "[transcripts][system]") {
    SmallServer server;
    Peer peer = server.connect();
    peer.send("unfinished");
    peer.wait_until_read();
    CHECK_FALSE(peer.would_receive_within(Duration(50)));
    CHECK(server.displayed() == "");
}

TEST_CASE("Pipelined messages are answered each, in order", "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("one\ntwo\nthree\n") == ack_line + ack_line + ack_line);
    CHECK(server.displayed() == "one\ntwo\nthree\n");
}

TEST_CASE("A thousand messages in one go are answered each", "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to(times(1000, "again\n")) == times(1000, ack_line));
    CHECK(server.displayed() == times(1000, "again\n"));
}

TEST_CASE("How the bytes are split and joined makes no difference", "[transcripts][system]") {
    SmallServer server;
    auto const said =
        "one\n\ntwo\r\n\r\nth\r\r\n\0\n0123456789abcdef\r\nway too long a message\r\n"
        "\xff\xfe\nlast\r"s;
    auto const answers = times(7, ack_line) + too_long_line(16) + ack_line + ack_line;
    auto const displayed =
        "one\n\ntwo\n\nth\\x0d\n\\x00\n0123456789abcdef\n\\xff\\xfe\nlast\\x0d\n"s;

    CHECK(server.answers_to(said) == answers);
    REQUIRE(server.displayed() == displayed);

    for (std::size_t at = 1; at < said.size(); ++at) {
        CAPTURE(at);
        Peer peer = server.connect();
        peer.send(said.substr(0, at));
        peer.wait_until_read();
        peer.send(said.substr(at));
        peer.half_close();
        CHECK(peer.receive_all() == answers);
        REQUIRE(server.displayed() == displayed);
    }

    Peer peer = server.connect();
    for (char const byte : said) {
        peer.send(std::string(1, byte));
        peer.wait_until_read();
    }
    peer.half_close();
    CHECK(peer.receive_all() == answers);
    CHECK(server.displayed() == displayed);
}

TEST_CASE("A carriage return belongs to the line ending only right before the newline",
          "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("a\r\nb\rc\n\rd\ne\r\r\n\r\n") == times(5, ack_line));
    CHECK(server.displayed() == "a\nb\\x0dc\n\\x0dd\ne\\x0d\n\n");
}

TEST_CASE("An empty line is a message like any other", "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("\n\n\n") == times(3, ack_line));
    CHECK(server.displayed() == "\n\n\n");
}

TEST_CASE("A NUL is a byte like any other", "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("a\0b\n\0\n\0\0c\n"s) == times(3, ack_line));
    CHECK(server.displayed() == "a\\x00b\n\\x00\n\\x00\\x00c\n");
}

TEST_CASE("Every byte but the newline may stand in a message", "[transcripts][system]") {
    SmallServer server;
    std::string said;
    for (int byte = 0; byte < 256; ++byte) {
        if (byte != '\n') {
            said += "<"s + static_cast<char>(byte) + ">\n";
        }
    }
    CHECK(server.answers_to(said) == times(255, ack_line));
    std::string back;
    for (auto const& line : split_lines(server.displayed())) {
        back += roger::unescape(line) + '\n';
    }
    CHECK(back == said);
}

TEST_CASE("The end of the stream ends a message", "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("no newline") == ack_line);
    CHECK(server.displayed() == "no newline\n");
    CHECK(server.answers_to("one\ntwo") == ack_line + ack_line);
    CHECK(server.displayed() == "one\ntwo\n");
}

TEST_CASE("A carriage return at the end of the stream is part of the message",
          "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("abc\r") == ack_line);
    CHECK(server.displayed() == "abc\\x0d\n");
}

TEST_CASE("The end of the stream after a newline is no message", "[transcripts][system]") {
    SmallServer server;
    CHECK(server.answers_to("") == "");
    CHECK(server.displayed() == "");
    CHECK(server.answers_to("one\n") == ack_line);
    CHECK(server.displayed() == "one\n");
}

TEST_CASE("After a half-close the rest is answered, then the server closes",
          "[transcripts][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    peer.send(times(10000, "message\n"));
    peer.half_close();
    // receive_all() fails on a reset: the server has read everything and closes in good order.
    CHECK(peer.receive_all() == times(10000, ack_line));
    CHECK(server.output() == times(10000, "message\n"));
}

TEST_CASE("A client that leaves in the middle of a message ends it", "[transcripts][system]") {
    SmallServer server;
    {
        Peer peer = server.connect();
        peer.send("hanging up");
    }
    std::string displayed;
    eventually("the message is displayed", [&] {
        displayed += server.displayed();
        return !displayed.empty();
    });
    CHECK(displayed == "hanging up\n");
}
