// Backpressure: a standard output that takes nothing for a while.
#include "support/answers.hpp"
#include "support/flood.hpp"
#include "support/milliseconds.hpp"
#include "support/peak_memory.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"
#include "support/users.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

/// A server whose standard output is ours to stall, whatever it is.
class OutputStage {
public:
    enum class Kind {
        pipe,
        foreign_pipe,  ///< that the server may write to and not reopen
        socket,
        terminal,
    };

    /// `arguments` hold two addresses.
    OutputStage(Kind kind, std::vector<std::string> const& arguments) {
        ServerSetup setup;
        setup.addresses = 2;
        if (kind == Kind::foreign_pipe) {
            // To whom a pipe of root's is somebody else's.
            setup.launch.user = nobody;
        }
        if (kind == Kind::terminal) {
            setup.out = Stdio::terminal();
        } else {
            std::array<int, 2> ends{};  // read from the first, write to the second
            int const made = kind == Kind::socket
                                 ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())
                                 : ::pipe2(ends.data(), O_CLOEXEC);
            if (made != 0) {
                throw Failure("a pipe or pair of sockets: " + errno_text(errno));
            }
            ours_.emplace("the server's output", Descriptor(ends[0]));
            inherited_ = Descriptor(ends[1]);
            setup.out = Stdio::descriptor(ends[1]);
        }
        server_.emplace(ServerProcess::start(arguments, std::move(setup)));
        if (kind == Kind::terminal) {
            make_transparent();
        }
    }

    [[nodiscard]] ServerProcess& server() { return *server_; }

    void stall() {
        if (ours_) {
            ours_->stall();
        } else {
            type('\x13');
        }
    }

    void resume() {
        if (ours_) {
            ours_->resume();
        } else {
            type('\x11');
        }
    }

    /// Flags of the description that the server shares with us: as a shell does with its children.
    [[nodiscard]] int flags() const { return ::fcntl(inherited_.get(), F_GETFL); }

    /// What the server wrote and we have read.
    [[nodiscard]] std::string output() { return reading().seen(); }

    /// Everything that the server wrote; only after its end.
    std::string all_output() {
        inherited_.close();
        return reading().read_all();
    }

private:
    [[nodiscard]] Stream& reading() { return ours_ ? *ours_ : server_->process().terminal(); }

    /// Only Ctrl-S and Ctrl-Q mean something: what is written comes out verbatim.
    void make_transparent() {
        int const terminal = server_->process().terminal().descriptor();
        termios settings{};
        ::tcgetattr(terminal, &settings);
        settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
        settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        settings.c_iflag |= IXON;
        ::tcsetattr(terminal, TCSANOW, &settings);
    }

    void type(char character) {
        if (::write(server_->process().terminal().descriptor(), &character, 1) != 1) {
            throw Failure("typing: " + errno_text(errno));
        }
    }

    std::optional<Stream> ours_;
    Descriptor inherited_;
    std::optional<ServerProcess> server_;
};

char const* name_of(OutputStage::Kind kind) {
    switch (kind) {
        case OutputStage::Kind::pipe:
            return "pipe";
        case OutputStage::Kind::foreign_pipe:
            return "foreign pipe";
        case OutputStage::Kind::socket:
            return "socket";
        case OutputStage::Kind::terminal:
            return "terminal";
    }
    return "";
}

/// Clients that say all they can keep them by a wide margin, on a busy machine as well. One that
/// stops in the middle of a message is too late too, so whatever the test waits for, they go on
/// meanwhile.
constexpr Duration message_timeout = 8500ms;
constexpr Duration idle_timeout = 9500ms;
constexpr Duration both_timeouts = 12s;

/// An address that needs no right to a folder.
std::string abstract_address() {
    static int number = 0;
    return fmt::format("unix:@roger-test-{}-{}", ::getpid(), ++number);
}

std::vector<std::string> arguments(std::string const& threads) {
    return {"--threads",         threads,
            "--message-timeout", in_ms(message_timeout),
            "--idle-timeout",    in_ms(idle_timeout),
            "127.0.0.1:0",       abstract_address()};
}

/// Half of them by TCP.
Flood start_flood(ServerProcess const& server, std::size_t clients) {
    Flood flood(server.address(0),
                {.clients = clients / 2, .message_bytes = 1000, .sockets = {.send_buffer = 65536}});
    flood.connect(server.address(1), clients - clients / 2);
    return flood;
}

/// Nothing is taken for `stalled`, while `flood` says all that it can.
void check_stalled(OutputStage& stage, Flood& flood, Duration stalled) {
    flood.run_until_acked(5000);
    Peer begun = Peer::connect(stage.server().address(1));
    begun.send("begun");
    flood.run("the unfinished message to be read", [&] { return begun.all_is_read(); });
    stage.stall();
    Peer silent = Peer::connect(stage.server().address());
    flood.run_for(stalled);
    flood.run("refusals of those who are too late",
              [&] { return begun.would_receive_within(0ms) && silent.would_receive_within(0ms); });
    CHECK(begun.receive_all() ==
          "error: message not finished within " + in_ms(message_timeout) + "\n");
    CHECK(silent.receive_all() == "error: idle for " + in_ms(idle_timeout) + "\n");
    // Acked is only what has been taken: what we have read, and what the pipe, the socket or the
    // terminal holds.
    auto const read = static_cast<std::size_t>(std::ranges::count(stage.output(), '\n'));
    CHECK(flood.all_acked() < read + 1000);
}

/// Everything that was said is answered and displayed.
void check_resumed(Flood& flood) {
    flood.run_until_acked(flood.all_acked() + 5000);
    flood.finish();
    flood.run_until_ended();
    std::size_t wronged = 0;
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        bool const all = flood.acked(client) == flood.sent(client);
        if ((!all || !flood.last_words(client).empty()) && ++wronged <= 3) {
            UNSCOPED_INFO("client " << client << " sent " << flood.sent(client) << " messages, got "
                                    << flood.acked(client) << " acks and "
                                    << legible(flood.last_words(client)));
        }
    }
    CHECK(wronged == 0);
}

/// A standard output that stalls and goes on, and `clients` who say all that they can.
void check_stall(OutputStage::Kind kind, std::size_t clients, Duration stalled,
                 std::string const& threads) {
    OutputStage stage(kind, arguments(threads));
    auto& server = stage.server();
    auto const flags = stage.flags();
    auto flood = start_flood(server, clients);
    check_stalled(stage, flood, stalled);
    Peer newcomer = Peer::connect(server.address());
    newcomer.send("newcomer\n");
    flood.run("the newcomer to be accepted",
              [&] { return server.counter("clients") == clients + 1; });
    CHECK_FALSE(newcomer.would_receive_within(0ms));
    CHECK(stage.flags() == flags);

    stage.resume();
    check_resumed(flood);
    CHECK(newcomer.receive_line() == ack);
    CHECK(stage.flags() == flags);
    if constexpr (!sanitized) {
        CHECK(peak_memory(server.id()) < 64 * 1024 * 1024);
    }
    newcomer.close();
    CHECK(server.stop() == Exit::with(0));
    auto const output = stage.all_output();
    require_acked_is_displayed(flood, output);
    CHECK(flood.records(output).others == std::vector<std::string>{"newcomer"});
}

}  // namespace

TEST_CASE(
    "A pipe whose reader has stopped holds up no client's deadline, costs no memory, and "
    "loses nothing",
    "[backpressure][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    check_stall(OutputStage::Kind::pipe, 100, both_timeouts, threads);
}

TEST_CASE("A pipe whose reader has stopped for a minute costs no more than for twelve seconds",
          "[backpressure][system][.soak]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    check_stall(OutputStage::Kind::pipe, 100, 1min, threads);
}

TEST_CASE("A socket or a terminal that takes nothing is waited for as a pipe is",
          "[backpressure][system]") {
    auto const kind = GENERATE(OutputStage::Kind::socket, OutputStage::Kind::terminal);
    CAPTURE(name_of(kind));
    check_stall(kind, 10, both_timeouts, "1");
}

TEST_CASE("A pipe that the server may not reopen is waited for as its own",
          "[backpressure][system]") {
    need_user_nobody();
    check_stall(OutputStage::Kind::foreign_pipe, 10, both_timeouts, "1");
}

TEST_CASE("A stalled output costs no more memory the smaller the messages are",
          "[backpressure][system]") {
    auto const* const show = GENERATE("text", "json");
    CAPTURE(show);
    auto server =
        ServerProcess::start({"--show", show, abstract_address()}, {.out = Stdio::stalled_pipe()});
    // What they say until they are stuck takes a sanitized server minutes to display.
    constexpr std::size_t count = sanitized ? 4 : 100;
    std::vector<Peer> peers;
    peers.reserve(count);
    for (std::size_t number = 0; number < count; ++number) {
        peers.push_back(Peer::connect(server.address()));
    }
    std::string const empty_messages(1'000'000, '\n');
    std::size_t taken = 0;
    do {
        taken = 0;
        for (auto& peer : peers) {
            taken += peer.send_until_stuck(empty_messages, 1ms);
        }
    } while (taken > 0);
    CHECK(server.counter("acknowledged") <= 65536);
    server.process().out().resume();
    for (auto& peer : peers) {
        CHECK(peer.receive_line() == ack);
    }
    if constexpr (!sanitized) {
        CHECK(peak_memory(server.id()) < 64 * 1024 * 1024);
    }
}

TEST_CASE("A client that sends thousands of messages at once leaves room between them for others",
          "[backpressure][system]") {
    constexpr std::size_t most_at_once = 1024;  // as documented
    auto const* const show = GENERATE("text", "json");
    CAPTURE(show);
    TempDir const directory;
    auto server = ServerProcess::start({"--show", show, "unix:" + directory / "s"});
    Peer flooding = Peer::connect(server.address());
    Peer other = Peer::connect(server.address());
    flooding.send("first\n");
    CHECK(flooding.receive_line() == ack);
    {
        // Both are there when it looks, the flood first.
        Suspended const suspended(server.id());
        flooding.send(std::string(50'000, '\n'));
        other.send("other\n");
    }
    CHECK(other.receive_line() == ack);
    auto const records = split_lines(server.output());
    auto const found = std::ranges::find_if(
        records, [](auto const& record) { return record.find("other") != record.npos; });
    REQUIRE(found != records.end());
    CHECK(found - records.begin() <= 1 + static_cast<std::ptrdiff_t>(most_at_once));
    flooding.half_close();
    CHECK(split_lines(flooding.receive_all()).size() == 50'000);
    CHECK(split_lines(server.output()).size() == 50'002);
}

TEST_CASE("A client that says all it can does not hold up the others", "[backpressure][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Flood flood(server.address(), {.clients = 4});
    Peer peer = Peer::connect(server.address());
    flood.run_until_acked(1000);
    auto longest = Clock::duration::zero();
    for (int number = 0; number < 100; ++number) {
        auto const before = Clock::now();
        peer.send("hello\n");
        flood.run("an answer to another client",
                  [&peer] { return peer.would_receive_within(0ms); });
        CHECK(peer.receive_line() == ack);
        longest = std::max(longest, Clock::now() - before);
    }
    CHECK(longest < default_deadline);
    flood.run_until_acked(flood.all_acked() + 1);
}
