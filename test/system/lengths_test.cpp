// Transcripts: messages at the limit of their length, and beyond it.
#include "support/answers.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

using namespace roger::test;

namespace {

ServerProcess small_server() {
    return ServerProcess::start({"--max-message", "16B", "127.0.0.1:0"});
}

std::string answers_to(ServerProcess const& server, std::string_view bytes) {
    Peer peer = Peer::connect(server.address());
    peer.send(bytes);
    peer.half_close();
    return peer.receive_all();
}

}  // namespace

TEST_CASE("A message may be as long as allowed, and no longer", "[transcripts][system]") {
    auto server = small_server();
    for (std::string const ending : {"\n", "\r\n", ""}) {
        CAPTURE(legible(ending));
        auto const before = server.output();
        CHECK(answers_to(server, std::string(15, 'a') + ending) == ack_line);
        CHECK(answers_to(server, std::string(16, 'b') + ending) == ack_line);
        CHECK(answers_to(server, std::string(17, 'c') + ending) == too_long_line(16));
        CHECK(server.output().substr(before.size()) == "aaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbb\n");
    }
}

TEST_CASE("A carriage return counts where it does not belong to the line ending",
          "[transcripts][system]") {
    auto server = small_server();
    std::string const fifteen(15, 'm');
    CHECK(answers_to(server, fifteen + "\r\r\n") == ack_line);
    CHECK(answers_to(server, fifteen + "m\r\r\n") == too_long_line(16));
    CHECK(answers_to(server, fifteen + "m\r") == too_long_line(16));
    CHECK(answers_to(server, fifteen + "\rm\n") == too_long_line(16));
    CHECK(server.output() == fifteen + "\\x0d\n");
}

TEST_CASE("The length is of the message, not of its record", "[transcripts][system]") {
    auto server = small_server();
    CHECK(answers_to(server, std::string(16, '\0') + '\n') == ack_line);
    CHECK(server.output().size() == 16 * std::string_view("\\x00").size() + 1);
}

TEST_CASE("64 KiB are allowed by default", "[transcripts][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    std::string const fits(65536, 'm');
    CHECK(answers_to(server, fits + '\n') == ack_line);
    CHECK(answers_to(server, fits + "m\n") == "error: message longer than 65536 bytes\n");
    CHECK(server.output() == fits + '\n');
}

TEST_CASE("A message of one byte may be all that is allowed", "[transcripts][system]") {
    auto server = ServerProcess::start({"--max-message", "1B", "127.0.0.1:0"});
    CHECK(answers_to(server, "\na\nab\nb\r\n") ==
          ack_line + ack_line + "error: message longer than 1 bytes\n" + ack_line);
    CHECK(server.output() == "\na\nb\n");
}

TEST_CASE("A message too long between two good ones is refused in its place",
          "[transcripts][system]") {
    auto server = small_server();
    Peer peer = Peer::connect(server.address());
    peer.send("before\n" + std::string(17, 'x') + "\nafter\n");
    CHECK(peer.receive_exactly(ack_line.size()) == ack_line);
    CHECK(peer.receive_exactly(too_long_line(16).size()) == too_long_line(16));
    CHECK(peer.receive_exactly(ack_line.size()) == ack_line);
    // The connection goes on.
    peer.send("later\n");
    CHECK(peer.receive_exactly(ack_line.size()) == ack_line);
    CHECK(server.output() == "before\nafter\nlater\n");
}

TEST_CASE("A message far too long between two good ones is refused once", "[transcripts][system]") {
    auto server = small_server();
    CHECK(answers_to(server, "before\n" + std::string(3'000'000, 'x') + "\nafter\n") ==
          ack_line + too_long_line(16) + ack_line);
    CHECK(server.output() == "before\nafter\n");
}

TEST_CASE("A message is refused as soon as it is certain to be too long", "[transcripts][system]") {
    auto server = small_server();
    Peer peer = Peer::connect(server.address());
    peer.send(std::string(17, 'x'));
    CHECK(peer.receive_line() + '\n' == too_long_line(16));
    // The rest of its line is skipped, in however many pieces it comes.
    peer.send(std::string(100, 'y'));
    peer.send("z\r\nnext\n");
    peer.half_close();
    CHECK(peer.receive_all() == ack_line);
    CHECK(server.output() == "next\n");
}

TEST_CASE("A carriage return too many is not certain to be too long", "[transcripts][system]") {
    TempDir const directory;
    auto server = ServerProcess::start({"--max-message", "16B", "unix:" + directory / "s"});
    std::string const fits(16, 'm');
    Peer peer = Peer::connect(server.address());
    peer.send(fits + '\r');
    peer.wait_until_read();
    CHECK_FALSE(peer.would_receive_within(Duration(50)));
    peer.send("\n");
    CHECK(peer.receive_line() == ack);
    peer.send(fits + '\r');
    peer.wait_until_read();
    peer.send("x");
    CHECK(peer.receive_line() + '\n' == too_long_line(16));
    peer.send("\n");
    peer.half_close();
    CHECK(peer.receive_all() == "");
    CHECK(server.output() == fits + '\n');
}

TEST_CASE("A stream that ends in a message too long gets one refusal", "[transcripts][system]") {
    auto server = small_server();
    CHECK(answers_to(server, std::string(1000, 'x')) == too_long_line(16));
    CHECK(server.output() == "");
}
