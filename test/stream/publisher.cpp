// A server whose messages go to a stream, and what its clients hear when that fails.
#include "server/publisher.hpp"

#include "roger/server.hpp"
#include "server/handlers.hpp"
#include "stream/fake_stream.hpp"
#include "support/answers.hpp"
#include "support/datagram_peer.hpp"
#include "support/deadline.hpp"
#include "support/peer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

/// Has a subject for the first loop only.
class OneSubject final : public Stream {
public:
    std::unique_ptr<BlockStore> subject_of(std::size_t loop) override {
        if (loop != 0) {
            throw std::runtime_error("no subject");
        }
        return stream_.subject_of(loop);
    }
    [[nodiscard]] std::size_t most_bytes() const override { return stream_.most_bytes(); }
    [[nodiscard]] std::string ack_guarantee() const override { return ""; }
    void close() override { stream_.close(); }

private:
    FakeStream stream_;
};

/// A server that publishes, as text, and what it logs.
struct PublishingServer {
    FakeStream& stream;
    std::mutex guard = {};
    std::vector<std::string> logged = {};
    Publisher publisher;
    Server server;
    std::future<ServerResult> result;

    PublishingServer(FakeStream& given, Timeout timeout, ServerOptions options)
        : stream(given),
          publisher(given, {.show = Show::text,
                            .server = "me",
                            .timeout = timeout,
                            .loops = options.threads,
                            .log =
                                [this](LogLevel /*level*/, std::string_view line) {
                                    std::lock_guard const lock(guard);
                                    logged.emplace_back(line);
                                }}),
          server(with_abandoning(std::move(options)),
                 WritingHandler{.writer = [this](std::size_t loop) -> MessageWriter& {
                                    return publisher.writer(loop);
                                },
                                .reason = cannot_store_reason}),
          result(std::async(std::launch::async, [this] { return server.run(); })) {}

    PublishingServer(PublishingServer const&) = delete;
    PublishingServer& operator=(PublishingServer const&) = delete;
    ~PublishingServer() {
        server.end_now();
        if (result.valid()) {
            result.wait();
        }
        publisher.finish();
    }

    [[nodiscard]] Peer peer() const { return Peer::connect(to_string(server.addresses().at(0))); }

    bool has_logged(std::string_view beginning) {
        std::lock_guard const lock(guard);
        return std::ranges::any_of(
            logged, [&](std::string const& line) { return line.starts_with(beginning); });
    }

private:
    ServerOptions with_abandoning(ServerOptions options) {
        options.on_drain_ending = [this] { publisher.abandon(); };
        return options;
    }
};

/// The publisher may come too late to ask the stream to store it in time. It is refused then, and
/// sent again.
void send_until_held(Peer& peer, FakeStream& stream, std::string const& line) {
    peer.send(line);
    eventually("the stream is asked", [&] {
        if (!stream.was_asked() && peer.would_receive_within(0ms)) {
            CHECK(peer.receive_exactly(cannot_store_line.size()) == cannot_store_line);
            peer.send(line);
        }
        return stream.was_asked();
    });
}

std::string joined(std::vector<std::string> const& blocks) {
    std::string all;
    for (std::string const& block : blocks) {
        all += block;
    }
    return all;
}

}  // namespace

TEST_CASE("A publisher that cannot be made for every loop says why, and leaves no thread behind",
          "[stream][server][concurrency]") {
    OneSubject stream;
    Publisher::Options const options = {.show = Show::text,
                                        .server = "me",
                                        .timeout = 1min,
                                        .loops = 2,
                                        .log = [](LogLevel, std::string_view) {}};
    CHECK_THROWS_WITH(Publisher(stream, options), "no subject");
}

TEST_CASE("A message is acknowledged when the stream has it (P1)",
          "[stream][server][concurrency]") {
    FakeStream stream;
    stream.go_out();
    PublishingServer serving(stream, 1min, at({"127.0.0.1:0"}));
    Peer peer = serving.peer();
    peer.send("first\nsecond\n");
    stream.wait_until_asked();
    CHECK(serving.server.counters().acknowledged == 0);
    stream.come_back();
    CHECK(peer.receive_exactly(2 * ack_line.size()) == times(2, ack_line));
    CHECK(stream.blocks() == std::vector<std::string>{"first\nsecond\n"});
    serving.server.stop();
    CHECK(serving.result.get().success());
}

TEST_CASE("What cannot be stored in time is refused, and the server goes on (P7)",
          "[stream][server][concurrency]") {
    FakeStream stream;
    stream.go_out();
    PublishingServer serving(stream, 50ms, at({"127.0.0.1:0", "udp:127.0.0.1:0"}));
    Peer peer = serving.peer();
    peer.send("one\ntwo\n");
    CHECK(peer.receive_exactly(2 * cannot_store_line.size()) == times(2, cannot_store_line));
    DatagramPeer sender = DatagramPeer::to(to_string(serving.server.addresses().at(1)));
    sender.send("three");
    CHECK(sender.receive() == cannot_store_line);
    CHECK(serving.server.counters().handler_failed == 3);
    CHECK(serving.has_logged("cannot store: Timeout; trying again"));

    stream.come_back();
    // The publisher itself may come too late for what is to be stored in 50 ms.
    Deadline const deadline;
    send_until_stored(peer, "four");
    std::string answer;
    do {
        sender.send("five");
        answer = sender.receive();
    } while (answer == cannot_store_line && !deadline.over());
    CHECK(answer == ack_line);
    CHECK(joined(stream.blocks()) == "four\nfive\n");
    CHECK(serving.has_logged("stored again, after "));
    serving.server.stop();
    CHECK(serving.result.get().success());
}

// Else a client that waits for its answer no longer than that would not hear it.
TEST_CASE("A message that waits for the block before it has no more time than that one (P7)",
          "[stream][server][concurrency]") {
    FakeStream stream;
    constexpr auto timeout = 50ms;
    PublishingServer serving(stream, timeout, at({"127.0.0.1:0"}));
    stream.hold();
    Peer first = serving.peer();
    send_until_held(first, stream, "held\n");
    Peer second = serving.peer();
    std::uint64_t const before = serving.server.counters().messages;
    second.send("gathered meanwhile\n");
    eventually("it is gathered", [&] { return serving.server.counters().messages > before; });
    std::this_thread::sleep_for(20 * timeout);  // what is received is gathered some time later
    stream.answer_nobody();
    CHECK(first.receive_exactly(cannot_store_line.size()) == cannot_store_line);
    CHECK(second.receive_exactly(cannot_store_line.size()) == cannot_store_line);
}

TEST_CASE("A block longer than the stream's messages is stored in several", "[stream][server]") {
    FakeStream stream(100);
    PublishingServer serving(stream, 1min, at({"127.0.0.1:0"}));
    Peer peer = serving.peer();
    std::string const line = std::string(40, 'x') + '\n';
    peer.send(times(5, line));
    CHECK(peer.receive_exactly(5 * ack_line.size()) == times(5, ack_line));
    CHECK(joined(stream.blocks()) == times(5, line));
    for (std::string const& block : stream.blocks()) {
        CHECK(block.size() <= 100);
        CHECK(block.ends_with('\n'));
    }
}

TEST_CASE(
    "A stream that takes less than before gets the block in smaller pieces, however long it "
    "is tried",
    "[stream][server][concurrency]") {
    FakeStream stream(100);
    stream.go_out();
    PublishingServer serving(stream, std::nullopt, at({"127.0.0.1:0"}));
    Peer peer = serving.peer();
    std::string const line = std::string(40, 'x') + '\n';
    peer.send(times(5, line));
    stream.wait_until_asked();
    stream.take_at_most(50);
    stream.come_back();
    CHECK(peer.receive_exactly(5 * ack_line.size()) == times(5, ack_line));
    CHECK(stream.blocks() == std::vector<std::string>(5, line));
}

TEST_CASE("Where the way to the stream is slow, it is sent pieces that arrive in time",
          "[stream][server][concurrency]") {
    FakeStream stream;
    stream.carry_in_time(40'000);
    PublishingServer serving(stream, std::nullopt, at({"127.0.0.1:0"}));
    Peer peer = serving.peer();
    constexpr std::size_t messages = 300;
    std::string const line = std::string(1000, 'x') + '\n';
    peer.send(times(messages, line));
    CHECK(peer.receive_exactly(messages * ack_line.size()) == times(messages, ack_line));
    CHECK(joined(stream.blocks()) == times(messages, line));
}

TEST_CASE("What is refused during the drain because it cannot be stored is a failure (P9)",
          "[stream][server][concurrency]") {
    FakeStream stream;
    ServerOptions options = at({"127.0.0.1:0"});
    options.drain_timeout = std::nullopt;
    PublishingServer serving(stream, 50ms, options);
    Peer idle = serving.peer();
    send_until_stored(idle, "stored");
    stream.hold();
    Peer peer = serving.peer();
    send_until_held(peer, stream, "not stored\n");
    serving.server.stop();
    idle.receive_all();  // the drain has begun
    stream.go_out();
    stream.answer_nobody();
    CHECK(peer.receive_exactly(cannot_store_line.size()) == cannot_store_line);
    ServerResult const result = serving.result.get();
    CHECK(result.end == ServerResult::End::drained);
    CHECK(result.failure == "messages that could not be written: 1");
    CHECK(result.code == Errc::messages_not_written);
}

TEST_CASE("A conversation that is the only one, and could not be stored, is a failure (P9)",
          "[stream][server]") {
    FakeStream stream;
    stream.go_out();
    ServerOptions options = at({"127.0.0.1:0"});
    options.once = true;
    PublishingServer serving(stream, 50ms, options);
    Peer peer = serving.peer();
    peer.send("not stored\n");
    CHECK(peer.receive_exactly(cannot_store_line.size()) == cannot_store_line);
    peer.close();
    CHECK(serving.result.get().failure == "messages that could not be written: 1");
}

TEST_CASE("The drain ends though nothing can be stored (P8)", "[stream][server][concurrency]") {
    FakeStream stream;
    stream.go_out();
    ServerOptions options = at({"127.0.0.1:0"});
    options.drain_timeout = 1s;
    PublishingServer serving(stream, std::nullopt, options);
    Peer peer = serving.peer();
    peer.send("kept waiting\n");
    stream.wait_until_asked();
    serving.server.stop();
    CHECK(peer.receive_all() == cannot_store_line);
    ServerResult const result = serving.result.get();
    CHECK(result.failure == "the stream does not take what is published to it");
    CHECK(result.code == Errc::handler_failed);
}

TEST_CASE("Each event loop has its own sequence of blocks", "[stream][server][concurrency]") {
    // One list for both loops' subjects: they are in each other's way, which is a conflict each
    // time.
    FakeStream stream;
    ServerOptions options = at({"127.0.0.1:0"});
    options.threads = 2;
    PublishingServer serving(stream, 1min, options);
    Peer one = serving.peer();
    Peer two = serving.peer();
    for (int round = 0; round != 20; ++round) {
        one.send("a\n");
        two.send("b\n");
        CHECK(one.receive_exactly(ack_line.size()) == ack_line);
        CHECK(two.receive_exactly(ack_line.size()) == ack_line);
    }
    std::string const all = joined(stream.blocks());
    CHECK(std::ranges::count(all, 'a') == 20);
    CHECK(std::ranges::count(all, 'b') == 20);
}

TEST_CASE("A block is cut behind a record", "[stream]") {
    CHECK(leading_records("ab\ncd\n", 100) == "ab\ncd\n");
    CHECK(leading_records("ab\ncd\n", 6) == "ab\ncd\n");
    CHECK(leading_records("ab\ncd\n", 5) == "ab\n");
    CHECK(leading_records("ab\ncd\n", 3) == "ab\n");
    CHECK(leading_records("ab\ncd\n", 2).empty());
    CHECK(leading_records("ab\ncd\n", 0).empty());
}

}  // namespace roger::test
