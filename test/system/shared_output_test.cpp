// Standard output and standard error in one: a line of the log never falls into a record.
#include "support/flood.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/stream.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

using namespace roger::test;

namespace {

constexpr std::string_view announcement = "listening on ";

/// A server both of whose outputs are one.
class Shared {
public:
    enum class Kind { pipe, socket, terminal, file, file_opened_twice };

    Shared(Kind kind, std::string const& threads) {
        auto launch = server_launch({"--threads", threads, "127.0.0.1:0"});
        if (kind == Kind::terminal) {
            launch.out = launch.err = Stdio::terminal();
        } else if (kind == Kind::file_opened_twice) {
            launch.out = launch.err = Stdio::file(directory_ / "output");
        } else {
            launch.out = launch.err = Stdio::descriptor(open_output(kind));
        }
        process_.emplace(launch);
        if (kind == Kind::terminal) {
            make_transparent();
        }
        address_ = first_line().substr(announcement.size());
        if (address_.ends_with('\r')) {
            address_.pop_back();
        }
    }

    [[nodiscard]] Process& process() { return *process_; }
    [[nodiscard]] std::string const& address() const { return address_; }

    /// What followed the announcement; after the server's end.
    std::string output() {
        written_.close();
        if (reads_file()) {
            auto const all = read_file(directory_ / "output");
            return all.substr(all.find('\n') + 1);
        }
        return stream().read_all();
    }

private:
    /// The smallest that there is, so that most writes are of parts.
    int open_output(Kind kind) {
        std::array<int, 2> ends{-1, -1};
        int made = 0;
        if (kind == Kind::file) {
            ends[1] = ::open((directory_ / "output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            made = ends[1];
        } else if (kind == Kind::socket) {
            made = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
            int const size = 4096;
            ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        } else {
            made = ::pipe2(ends.data(), O_CLOEXEC);
            ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
        }
        if (made < 0) {
            throw Failure("a pipe, socket or file: " + errno_text(errno));
        }
        written_ = Descriptor(ends[1]);
        if (ends[0] >= 0) {
            read_.emplace("the server's output", Descriptor(ends[0]));
        }
        return ends[1];
    }

    [[nodiscard]] bool reads_file() const { return std::filesystem::exists(directory_ / "output"); }

    [[nodiscard]] Stream& stream() { return read_ ? *read_ : process_->terminal(); }

    std::string first_line() {
        if (!reads_file()) {
            return stream().read_line();
        }
        std::string text;
        eventually("the announcement", [&] {
            text = read_file(directory_ / "output");
            return text.ends_with('\n');
        });
        return text.substr(0, text.find('\n'));
    }

    /// What is written comes out verbatim.
    void make_transparent() {
        int const terminal = process_->terminal().descriptor();
        termios settings{};
        ::tcgetattr(terminal, &settings);
        settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
        ::tcsetattr(terminal, TCSANOW, &settings);
    }

    TempDir directory_;
    Descriptor written_;
    std::optional<Stream> read_;
    std::optional<Process> process_;
    std::string address_;
};

}  // namespace

TEST_CASE("A line of the log never falls into a record where both go to one place",
          "[shared-output][system][concurrency]") {
    auto const kind = GENERATE(Shared::Kind::pipe, Shared::Kind::socket, Shared::Kind::terminal,
                               Shared::Kind::file, Shared::Kind::file_opened_twice);
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(static_cast<int>(kind), threads);
    Shared server(kind, threads);
    Flood flood(server.address(), {});
    std::size_t const messages = 20'000 / slowness;
    flood.run("many acks", [&] {
        server.process().signal(SIGUSR1);
        return flood.all_acked() >= messages;
    });
    flood.finish();
    flood.run_until_ended();
    CHECK(server.process().terminate() == Exit::with(0));

    auto const output = server.output();
    require_acked_is_displayed(flood, output);
    auto const records = flood.records(output);
    CHECK(records.unfinished.empty());
    std::regex const counters(R"((accepted=\d+( [a-z_]+=\d+)+|displayed .*)\r?)");
    std::size_t torn = 0;
    for (auto const& line : records.others) {
        if (!std::regex_match(line, counters) && ++torn == 1) {
            UNSCOPED_INFO(legible(line));
        }
    }
    CHECK(torn == 0);
    CHECK(!records.others.empty());
}

TEST_CASE("What a server says at its end comes behind its records where both go to one place",
          "[shared-output][system]") {
    auto const kind = GENERATE(Shared::Kind::pipe, Shared::Kind::socket, Shared::Kind::terminal,
                               Shared::Kind::file, Shared::Kind::file_opened_twice);
    CAPTURE(static_cast<int>(kind));
    Shared server(kind, "1");
    Peer peer = Peer::connect(server.address());
    peer.send("hello\n");
    CHECK(peer.receive_line() == "I got your message");
    peer.close();
    CHECK(server.process().terminate() == Exit::with(0));
    auto const lines = split_lines(server.output());
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "hello");
    bool const for_a_person = kind == Shared::Kind::terminal;
    CHECK(lines[1].starts_with(for_a_person ? "displayed 1 message of 1 client"
                                            : "accepted=1 clients=0 messages=1 displayed=1 "));
}
