// The examples do what each of them says.
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/flood.hpp"
#include "support/peak_memory.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

/// A deadline of an example that no test reaches.
std::string const never = "100000";

std::string example_path(std::string const& name) {
    return std::string(ROGER_EXAMPLES "/") + name;
}

/// Long ones, so that few of them are under way.
std::string const message = std::string(1023, 'm') + '\n';

/// An example that listens at a port that the system chose.
class Example {
public:
    /// `launch` names the program, and the arguments that follow the port.
    explicit Example(Launch launch)
        : process_(ready(std::move(launch), directory_)), address_("tcp:" + announced(process_)) {}

    [[nodiscard]] Process& process() { return process_; }
    [[nodiscard]] std::string const& address() const { return address_; }
    [[nodiscard]] Peer connect(Peer::Options const& options = {}) const {
        return Peer::connect(address_, options);
    }
    [[nodiscard]] std::string output() const { return read_file(directory_ / "output"); }

private:
    static Launch ready(Launch launch, TempDir const& directory) {
        launch.program = example_path(launch.program);
        launch.arguments.insert(launch.arguments.begin(), "0");
        if (launch.out.kind == Stdio::Kind::pipe) {
            launch.out = Stdio::file(directory / "output");
        }
        return launch;
    }

    TempDir directory_;
    Process process_;
    std::string address_;
};

/// As much as its own buffers; a sanitizer keeps what was freed.
void check_memory(Example& example, std::size_t before) {
    if constexpr (!sanitized) {
        CHECK(peak_memory(example.process().id()) < before + 8 * mebibyte);
    }
}

std::string any_example() {
    return GENERATE("ack", "deadline", "limit", "drain", "backpressure");
}

}  // namespace

TEST_CASE("Each example displays a message and then acknowledges it", "[examples][system]") {
    Example example({.program = any_example()});
    Peer first = example.connect();
    Peer second = example.connect();
    talk(first, "from the first");
    CHECK(example.output() == "from the first\n");
    talk(second, "from the second");
    CHECK(example.output() == "from the first\nfrom the second\n");
    first.send("one\ntwo\nlast without a newline");
    first.half_close();
    CHECK(first.receive_all() == times(3, ack_line));
    CHECK(example.output() ==
          "from the first\nfrom the second\none\ntwo\nlast without a newline\n");
}

TEST_CASE("Each example acknowledges nothing that it cannot display", "[examples][system]") {
    Example example({.program = any_example(), .out = Stdio::file("/dev/full")});
    Peer peer = example.connect();
    peer.send("lost\n");
    peer.wait_for_end();
    CHECK(peer.pending().empty());
    CHECK(example.process().wait_for_exit() == Exit::with(1));
    CHECK(example.process().err().read_all().find("standard output: No space left on device") !=
          std::string::npos);
}

TEST_CASE("Each example goes on when it has run out of descriptors", "[examples][system]") {
    need_scarce_descriptors();
    Example example({.program = any_example(), .open_files = 16});
    std::vector<Peer> peers;
    peers.reserve(16);
    while (peers.size() < 16) {
        peers.push_back(example.connect());
    }
    CHECK(example.process().err().read_line().starts_with("cannot accept: "));
    peers.erase(peers.begin(), peers.end() - 1);
    talk(peers.back(), "there are descriptors again");
}

TEST_CASE("Wrong use of an example is told in a line", "[examples][system]") {
    auto const name = GENERATE(as<std::string>(), "deadline", "limit", "drain", "backpressure");
    auto const result = run({.program = example_path(name), .arguments = {"0", "soon"}});
    CHECK(result.exit == Exit::with(2));
    CHECK(result.err.starts_with("usage: " + name + " [PORT [SECONDS"));
}

TEST_CASE("The deadline example closes a client that is not in time", "[examples][system]") {
    Example example({.program = "deadline", .arguments = {"1"}});
    Peer silent = example.connect();
    Peer slow = example.connect();
    slow.send("never finished");
    CHECK(silent.receive_all().empty());
    CHECK(slow.receive_all().empty());
    CHECK(example.output().empty());
}

TEST_CASE("The deadline example closes a client that does not read its acks",
          "[examples][system]") {
    Example example({.program = "deadline", .arguments = {"1"}});
    // With short segments its system begins with a small buffer, which is full before long.
    Peer deaf = example.connect({.receive_buffer = 4096, .segment = 536});
    std::string const messages(mebibyte, '\n');
    eventually("the client is closed", [&] {
        deaf.send_until_stuck(messages, 20ms);
        return wait_for_descriptor(deaf.descriptor(), 0, 0ms);
    });
}

TEST_CASE("The limit example holds the next client back until another leaves",
          "[examples][system]") {
    Example example({.program = "limit", .arguments = {never, "2"}});
    Peer first = example.connect();
    Peer second = example.connect();
    talk(first, "first");
    talk(second, "second");
    Peer next = example.connect();
    next.send("next\n");
    CHECK_FALSE(next.would_receive_within(100ms));
    talk(second, "second again");
    CHECK(example.output() == "first\nsecond\nsecond again\n");
    first.close();
    CHECK(next.receive_line() == ack);
}

TEST_CASE("The drain example answers what it has received, and ends", "[examples][system]") {
    auto const* const name = GENERATE("drain", "backpressure");
    auto const signal = GENERATE(SIGINT, SIGTERM);
    CAPTURE(name, signal);
    Example example({.program = name, .arguments = {never}});
    Peer idle = example.connect();
    talk(idle, "zero");
    Peer peer = example.connect();
    peer.send("one\ntwo\nthree\nhalf a mess");
    CHECK(peer.receive_line() == ack);
    example.process().signal(signal);
    CHECK(idle.receive_all().empty());
    CHECK(peer.receive_all() == times(2, ack_line));
    idle.close();
    peer.close();
    CHECK(example.process().wait_for_exit() == Exit::with(0));
    CHECK(example.output() == "zero\none\ntwo\nthree\n");
}

TEST_CASE("The drain example ends with an ack for each message displayed, whatever still comes",
          "[examples][system]") {
    auto const* const name = GENERATE("drain", "backpressure");
    CAPTURE(name);
    Example example({.program = name, .arguments = {never}});
    Flood flood(example.address(), {.clients = 4, .message_bytes = 100});
    flood.run_until_acked(100);
    example.process().signal(SIGTERM);
    flood.run_until_ended();
    CHECK(example.process().wait_for_exit() == Exit::with(0));
    require_acked_is_displayed(flood, example.output());
}

TEST_CASE("The backpressure example reads no more than it can display",
          "[examples][system][concurrency]") {
    Example example(
        {.program = "backpressure", .arguments = {never}, .out = Stdio::stalled_pipe()});
    auto const before = peak_memory(example.process().id());
    Peer flood = example.connect();
    std::string const messages = times(32'768, message);
    auto const sent = flood.send_until_stuck(messages);
    CHECK(sent < messages.size());
    check_memory(example, before);

    // When the output goes on, so does it; nothing has been lost.
    flood.half_close();
    example.process().out().resume();
    auto const acks = flood.receive_all();
    CHECK(acks == times((sent + message.size() - 1) / message.size(), ack_line));
    CHECK(example.process().terminate() == Exit::with(0));
    auto output = example.process().out().read_all();
    if (sent % message.size() != 0) {
        output.pop_back();  // the end of the stream ended the last message
    }
    CHECK(output == messages.substr(0, sent));
}

TEST_CASE("The backpressure example reads no more from a client that does not read its acks",
          "[examples][system][concurrency]") {
    Example example({.program = "backpressure", .arguments = {never}, .out = Stdio::null()});
    auto const before = peak_memory(example.process().id());
    Peer deaf = example.connect({.receive_buffer = 4096});
    std::string const messages(64 * mebibyte, '\n');
    CHECK(deaf.send_until_stuck(messages, 1s) < messages.size());
    check_memory(example, before);
    Peer other = example.connect();
    talk(other, "nobody waits for the deaf one");
}

TEST_CASE("The backpressure example ends though its output does not go on",
          "[examples][system][concurrency]") {
    // Who sends nothing for so long is closed, which a busy machine may keep the flood from.
    Example example({.program = "backpressure", .arguments = {"10"}, .out = Stdio::stalled_pipe()});
    std::string const messages = times(mebibyte, "a message of 32 bytes, with its\n");
    Peer flood = example.connect();  // its time runs: TSan needs long for the messages
    // The same may keep the example from reading: it is stuck when its output is.
    flood.send_until_stuck(messages, 3s);
    // It hears and closes others meanwhile.
    Peer silent = example.connect();
    CHECK(silent.receive_all().empty());
    CHECK(example.process().terminate() == Exit::with(1));
    CHECK(example.process().err().read_all().starts_with("backpressure: gave up on "));
}
