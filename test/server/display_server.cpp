// The server's own handler in a server: messages of connections and of datagrams in one output.
#include "roger/server.hpp"
#include "server/display.hpp"
#include "server/handlers.hpp"
#include "server/message_writer.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <future>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace roger::test {
namespace {

struct SmallPipe {
    SmallPipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        read_end = Descriptor(ends[0]);
        write_end = Descriptor(ends[1]);
        REQUIRE(::fcntl(write_end.get(), F_SETPIPE_SZ, 4096) > 0);
    }

    /// So many, in pieces that leave the other side waiting.
    std::string read_lines(std::size_t count) const {
        std::string all;
        std::array<char, 1000> piece{};
        while (static_cast<std::size_t>(std::ranges::count(all, '\n')) < count) {
            auto const size = ::read(read_end.get(), piece.data(), piece.size());
            if (size <= 0) {
                break;
            }
            all.append(piece.data(), static_cast<std::size_t>(size));
        }
        return all;
    }

    Descriptor read_end;
    Descriptor write_end;
};

}  // namespace

TEST_CASE("Connections and datagrams come to one output, slow as it is",
          "[server][display][concurrency]") {
    constexpr std::size_t rounds = 50;
    SmallPipe const pipe;
    Sink sink(pipe.write_end.get());
    Display display(sink, {});
    auto read = std::async(std::launch::async, [&] { return pipe.read_lines(3 * rounds); });
    {
        Server server(at({"127.0.0.1:0", "udp:127.0.0.1:0"}),
                      WritingHandler{.writer = [&](std::size_t loop) -> MessageWriter& {
                          return display.writer(loop);
                      }});
        auto result = std::async(std::launch::async, [&] { return server.run(); });
        Peer peer = Peer::connect(to_string(server.addresses().at(0)));
        DatagramPeer sender = DatagramPeer::to(to_string(server.addresses().at(1)));
        std::string const two = times(2, std::string(3000, 'c') + '\n');
        for (std::size_t round = 0; round != rounds; ++round) {
            peer.send(two);
            sender.send("datagram");
            CHECK(sender.receive() == ack_line);
            CHECK(peer.receive_exactly(2 * ack_line.size()) == times(2, ack_line));
        }
        server.stop();
        CHECK(result.get().success());
        display.finish();
    }
    std::string const text = read.get();
    CHECK(std::ranges::count(text, '\n') == 3 * rounds);
    CHECK(std::ranges::count(text, 'c') == 2 * rounds * 3000);
}

}  // namespace roger::test
