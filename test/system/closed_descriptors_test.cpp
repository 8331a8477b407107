// Descriptors: standard input, output and error, closed when the server starts.
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

using namespace roger::test;

namespace {

/// Which of the three are open.
struct Open {
    bool in;
    bool out;
    bool err;
};

Launch launch_with(Open const& open, TempDir const& directory) {
    auto launch = server_launch({"unix:" + directory / "s"});
    launch.in = open.in ? Stdio::null() : Stdio::closed();
    launch.out = open.out ? Stdio::file(directory / "output") : Stdio::closed();
    launch.err = open.err ? Stdio::pipe() : Stdio::closed();
    return launch;
}

/// Without standard error nothing tells when a server is ready.
Peer connect_when_ready(std::string const& address) {
    std::vector<Peer> peers;
    eventually("the server listens", [&] {
        try {
            peers.push_back(Peer::connect(address));
            return true;
        } catch (Failure const&) {
            return false;
        }
    });
    return std::move(peers.front());
}

}  // namespace

TEST_CASE("A server without standard input or error works", "[descriptors][system]") {
    for (auto const& open :
         {Open{false, true, true}, Open{true, true, false}, Open{false, true, false}}) {
        CAPTURE(open.in, open.err);
        TempDir const directory;
        Process server(launch_with(open, directory));
        std::vector<Peer> peers;
        // Enough of them to get whatever descriptor is free.
        for (int number = 0; number < 4; ++number) {
            peers.push_back(connect_when_ready("unix:" + directory / "s"));
            peers.back().send("hello\n");
            CHECK(peers.back().receive_line() == "I got your message");
        }
        server.signal(SIGUSR1);
        server.signal(SIGTERM);
        for (auto& peer : peers) {
            // Nothing but answers: neither a record nor a log line went into a connection.
            CHECK(peer.receive_all() == "error: shutting down\n");
            peer.close();
        }
        CHECK(server.wait_for_exit() == Exit::with(0));
        CHECK(read_file(directory / "output") == "hello\nhello\nhello\nhello\n");
    }
}

TEST_CASE("A server without standard output refuses to start", "[descriptors][system]") {
    for (auto const& open : {Open{true, false, true}, Open{false, false, true},
                             Open{true, false, false}, Open{false, false, false}}) {
        CAPTURE(open.in, open.err);
        TempDir const directory;
        Process server(launch_with(open, directory));
        CHECK(server.wait_for_exit() == Exit::with(1));
        if (open.err) {
            auto const sentence = server.err().read_all();
            CHECK(sentence.find("standard output is closed") != std::string::npos);
            CHECK(std::ranges::count(sentence, '\n') == 1);
        }
        CHECK(std::filesystem::is_empty(directory.path()));
    }
}

TEST_CASE("A standard output that cannot be written to is refused at once",
          "[descriptors][system]") {
    TempDir const directory;
    write_file(directory / "read-only", "");
    auto launch = server_launch({"unix:" + directory / "s"});
    // What `server 51717 1< FILE` does.
    Descriptor const reading(::open((directory / "read-only").c_str(), O_RDONLY | O_CLOEXEC));
    launch.out = Stdio::descriptor(reading.get());
    auto const refused = run(launch);
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err.find("standard output") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(directory / "s"));
}
