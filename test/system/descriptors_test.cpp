// Descriptors: few of them, none left, and standard ones that are closed.
#include "support/answers.hpp"
#include "support/facts.hpp"
#include "support/peer.hpp"
#include "support/peer_group.hpp"
#include "support/sanitizers.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

ServerSetup with_open_files(rlim_t most) {
    ServerSetup setup;
    setup.launch.open_files = most;
    return setup;
}

/// The number after `before` in `text`.
std::size_t number_after(std::string_view text, std::string_view before) {
    auto const found = text.find(before);
    if (found == std::string_view::npos) {
        throw Failure(fmt::format("no {} in {}", legible(before), legible(text)));
    }
    return std::stoul(std::string(text.substr(found + before.size())));
}

/// A soft limit on open files that a running process cannot go by, until end().
class Starvation {
public:
    /// No descriptor is left: not one more can be opened.
    static Starvation complete(pid_t process) { return {process, 3}; }

    /// As many as are open now may be open: whoever leaves makes room for one who comes.
    static Starvation exact(pid_t process) {
        rlim_t lowest_free = 0;
        while (std::filesystem::exists(
            std::filesystem::symlink_status(fmt::format("/proc/{}/fd/{}", process, lowest_free)))) {
            ++lowest_free;
        }
        return {process, lowest_free};
    }

    void end() {
        if (process_ != 0) {
            ::prlimit(process_, RLIMIT_NOFILE, &before_, nullptr);
            process_ = 0;
        }
    }

private:
    Starvation(pid_t process, rlim_t most) : process_(process) {
        if (::prlimit(process, RLIMIT_NOFILE, nullptr, &before_) != 0) {
            throw Failure("prlimit: " + errno_text(errno));
        }
        rlimit const starved{.rlim_cur = most, .rlim_max = before_.rlim_max};
        if (::prlimit(process, RLIMIT_NOFILE, &starved, nullptr) != 0) {
            throw Failure("prlimit: " + errno_text(errno));
        }
    }

    pid_t process_;
    rlimit before_{};
};

std::string const accept_pause = "cannot accept connections, trying again";

}  // namespace

TEST_CASE("With few open files the server says how many clients it takes, and takes so many",
          "[descriptors][system]") {
    auto server = ServerProcess::start({"127.0.0.1:0"}, with_open_files(64));
    auto const said = server.process().err().seen();
    auto const limit = number_after(said, "serving at most ");
    CHECK(said.find(fmt::format("serving at most {} clients at once: the limit on open files is 64",
                                limit)) != std::string::npos);
    REQUIRE(limit >= 16);
    REQUIRE(limit < 64);

    std::vector<Peer> peers;
    for (std::size_t number = 0; number <= limit; ++number) {
        peers.push_back(Peer::connect(server.address()));
        peers.back().send("hello\n");
    }
    for (std::size_t number = 0; number < limit; ++number) {
        CHECK(peers[number].receive_line() == ack);
    }
    CHECK_FALSE(peers[limit].would_receive_within(100ms));
    peers[0].half_close();
    CHECK(peers[limit].receive_line() == ack);
    CHECK(times_told(server, accept_pause) == 0);
    CHECK(server.counter("accept_pauses") == 0);
}

TEST_CASE("A soft limit on open files is raised as far as it may be", "[descriptors][system]") {
    if (open_file_limit() < 1000) {
        SKIP(fmt::format("needs a hard limit of 1000 open files, it is {}", open_file_limit()));
    }
    ServerSetup setup;
    setup.launch.open_files_soft = 64;
    auto server = ServerProcess::start({"127.0.0.1:0"}, std::move(setup));
    PeerGroup group(server.address(), 200);
    for (std::size_t member = 0; member < group.size(); ++member) {
        group.send(member, "hello\n");
    }
    group.run_until_lines(1);
    CHECK(server.counter("clients") == 200);
}

TEST_CASE("Starved of descriptors the server stays calm, serves whom it has, and recovers",
          "[descriptors][system][concurrency]") {
    need_scarce_descriptors();
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 2;
    auto server = ServerProcess::start(
        {"--threads", threads, "127.0.0.1:0", "unix:" + directory / "s"}, std::move(setup));
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");

    auto starvation = Starvation::complete(server.id());
    Peer outside = Peer::connect(server.address(0));
    Peer other = Peer::connect(server.address(1));
    outside.send("outside\n");
    other.send("other\n");
    eventually("the server says that it cannot accept",
               [&] { return times_told(server, accept_pause) > 0; });

    auto const before = Clock::now();
    auto const cpu_before = cpu_time(server.id());
    auto const told_before = times_told(server, accept_pause);
    CHECK_FALSE(outside.would_receive_within(2s));
    auto const told = times_told(server, accept_pause) - told_before;
    auto const elapsed = std::chrono::duration<double>(Clock::now() - before).count();
    auto const used = std::chrono::duration<double>(cpu_time(server.id()) - cpu_before).count();
    CHECK(used / elapsed < 0.05 * slowness);
    CHECK(static_cast<double>(told) <= elapsed + 1);
    talk(inside, "inside again");

    starvation.end();
    CHECK(outside.receive_line() == ack);
    CHECK(other.receive_line() == ack);
    CHECK(server.counter("accept_pauses") > 0);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("Starved of descriptors, whoever leaves makes room for the next",
          "[descriptors][system]") {
    need_scarce_descriptors();
    auto server = ServerProcess::start({"127.0.0.1:0"});
    Peer first = Peer::connect(server.address());
    Peer second = Peer::connect(server.address());
    talk(first, "first");
    talk(second, "second");
    auto starvation = Starvation::exact(server.id());
    Peer third = Peer::connect(server.address());
    Peer fourth = Peer::connect(server.address());
    third.send("third\n");
    fourth.send("fourth\n");
    CHECK_FALSE(third.would_receive_within(300ms));
    first.close();
    CHECK(third.receive_line() == ack);
    CHECK_FALSE(fourth.would_receive_within(300ms));
    talk(second, "second again");
    third.half_close();
    CHECK(fourth.receive_line() == ack);
    starvation.end();
    Peer fifth = Peer::connect(server.address());
    talk(fifth, "fifth");
}

TEST_CASE("A starved server stops as any other", "[descriptors][system]") {
    need_scarce_descriptors();
    TempDir const directory;
    auto server = ServerProcess::start({"--drain-timeout", "none", "unix:" + directory / "s"});
    Peer inside = Peer::connect(server.address());
    talk(inside, "inside");
    Starvation::complete(server.id());
    Peer const outside = Peer::connect(server.address());
    eventually("the server says that it cannot accept",
               [&] { return times_told(server, accept_pause) > 0; });
    server.signal(SIGTERM);
    CHECK(inside.receive_all() == "error: shutting down\n");
    inside.close();
    CHECK(server.wait_for_exit() == Exit::with(0));
    CHECK_FALSE(std::filesystem::exists(directory / "s"));
}

TEST_CASE("More newcomers turned away than there are descriptors do no harm",
          "[descriptors][system]") {
    need_scarce_descriptors();
    auto server =
        ServerProcess::start({"--when-full", "refuse", "127.0.0.1:0"}, with_open_files(64));
    auto const limit = number_after(server.process().err().seen(), "serving at most ");
    std::vector<Peer> inside;
    for (std::size_t number = 0; number < limit; ++number) {
        inside.push_back(Peer::connect(server.address()));
        talk(inside.back(), "inside");
    }
    // They do not even look at what they are told, and stay.
    std::vector<Peer> turned_away;
    turned_away.reserve(40);
    for (int number = 0; number < 40; ++number) {
        turned_away.push_back(Peer::connect(server.address()));
    }
    for (auto& peer : inside) {
        talk(peer, "still inside");
    }
    for (auto& peer : turned_away) {
        CHECK(peer.receive_all() == "error: busy\n");
        peer.close();
    }
    CHECK(server.counter("refused_busy") == turned_away.size());
    inside.front().half_close();
    CHECK(inside.front().receive_all() == "");
    Peer next = Peer::connect(server.address());
    talk(next, "next");
}

TEST_CASE("A limit above what the system allows is an error that names a way out",
          "[descriptors][system]") {
    auto launch = server_launch({"--limit", "1000", "127.0.0.1:0"});
    launch.open_files = 64;
    auto const refused = run(launch);
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.out == "");
    CAPTURE(refused.err);
    CHECK(split_lines(refused.err).size() == 1);
    CHECK(refused.err.find("1000") != std::string::npos);
    CHECK(refused.err.find("the system allows 64") != std::string::npos);

    // Both remedies are true, and none promises too little.
    auto const enough_files = number_after(refused.err, "ulimit -n ");
    auto const enough_clients = number_after(refused.err, "a limit of at most ");
    CHECK(ServerProcess::start({"--limit", "1000", "127.0.0.1:0"}, with_open_files(enough_files))
              .stop() == Exit::with(0));
    CHECK(ServerProcess::start({"--limit", std::to_string(enough_clients), "127.0.0.1:0"},
                               with_open_files(64))
              .stop() == Exit::with(0));
    launch.arguments = {"--limit", std::to_string(enough_clients + 1), "127.0.0.1:0"};
    CHECK(run(launch).exit == Exit::with(1));
}

TEST_CASE("Where no client fits below the limit on open files, only raising that is a remedy",
          "[descriptors][system]") {
    auto const with_limit = GENERATE(false, true);
    CAPTURE(with_limit);
    auto launch = server_launch({"127.0.0.1:0"});
    if (with_limit) {
        launch.arguments = {"--limit", "5", "127.0.0.1:0"};
    }
    launch.open_files = 20;
    auto const refused = run(launch);
    CAPTURE(refused.err);
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err.starts_with(
        "server: " + std::string(with_limit ? "--limit: 5 clients need " : "1 client needs ")));
    CHECK(refused.err.find("the system allows 20: raise that (ulimit -n ") != std::string::npos);
    CHECK(refused.err.find("at most") == std::string::npos);
    auto server = ServerProcess::start(launch.arguments,
                                       with_open_files(number_after(refused.err, "ulimit -n ")));
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("However few open files are allowed, the server serves or says why not",
          "[descriptors][system]") {
    need_scarce_descriptors();
    auto const threads = GENERATE("1", "4");
    for (rlim_t most = 8; most <= 56; most += 2) {
        CAPTURE(threads, most);
        auto launch = server_launch({"--once", "--threads", threads, "127.0.0.1:0"});
        launch.open_files = most;
        Process process(launch);
        auto const line = process.err().read_line();
        if (line.find("serving at most ") == std::string::npos) {
            CHECK(process.wait_for_exit() == Exit::with(1));
            CHECK(line.starts_with("server: "));
            CHECK(process.out().read_all() == "");
        } else {
            auto const announced = process.err().read_line();
            Peer peer = Peer::connect(announced.substr(std::string_view("listening on ").size()));
            talk(peer, "hello");
            peer.half_close();
            CHECK(process.wait_for_exit() == Exit::with(0));
            CHECK(process.out().read_all() == "hello\n");
        }
    }
}
