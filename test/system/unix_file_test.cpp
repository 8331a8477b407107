// Unix socket file: whose it is, who may use it, and who takes it away.
#include "support/answers.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/stat.h>

using namespace roger::test;
namespace fs = std::filesystem;

namespace {

ServerProcess start_at(std::string const& path, ServerSetup setup = {}) {
    return ServerProcess::start({"unix:" + path}, std::move(setup));
}

void check_works(std::string const& path) {
    Peer peer = Peer::connect("unix:" + path);
    peer.send("hello\n");
    CHECK(peer.receive_line() == ack);
    peer.half_close();
    CHECK(peer.receive_all() == "");
}

/// Status 1, one sentence that names the path, and the folder as it was.
void check_refused(TempDir const& directory, std::string const& path) {
    auto const entries = [&directory] {
        std::vector<std::string> names;
        for (auto const& entry : fs::directory_iterator(directory.path())) {
            names.push_back(entry.path());
        }
        std::ranges::sort(names);
        return names;
    };
    auto const before = entries();
    auto const refused = run(server_launch({"unix:" + path}));
    CAPTURE(refused.err);
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.out == "");
    CHECK(refused.err.find("unix:" + path) != std::string::npos);
    CHECK(split_lines(refused.err).size() == 1);
    CHECK(entries() == before);
}

ino_t inode_of(std::string const& path) {
    struct stat status{};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_ino;
}

/// A socket's file that nobody listens at any more.
void leave_stale(std::string const& path) {
    Listener(("unix:" + path)).close();
    REQUIRE(fs::is_socket(fs::symlink_status(path)));
}

/// How one of several servers that started at once has fared.
struct Start {
    bool listens;
    std::string said;
};

Start await_start(Process& server) {
    auto const line = server.err().read_line();
    if (line.starts_with("listening on ")) {
        return {true, line};
    }
    CHECK(server.wait_for_exit() == Exit::with(1));
    return {false, line};
}

void start_at_once(std::size_t servers, bool stale) {
    TempDir const directory;
    auto const path = directory / "s";
    if (stale) {
        leave_stale(path);
    }
    std::vector<Process> processes;
    processes.reserve(servers);
    for (std::size_t number = 0; number < servers; ++number) {
        processes.emplace_back(server_launch({"unix:" + path}));
    }
    std::size_t listening = 0;
    for (auto& process : processes) {
        auto const start = await_start(process);
        CAPTURE(start.said);
        if (start.listens) {
            ++listening;
            check_works(path);
        } else {
            CHECK(start.said.find("another server") != std::string::npos);
        }
    }
    CHECK(listening == 1);
    for (auto& process : processes) {
        if (process.runs()) {
            CHECK(process.terminate() == Exit::with(0));
        }
    }
    CHECK(fs::is_empty(directory.path()));
}

}  // namespace

TEST_CASE("A socket's file is there while the server is, and nothing stays behind",
          "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    auto server = start_at(path);
    CHECK(server.address() == "unix:" + path);
    CHECK(fs::is_socket(fs::symlink_status(path)));
    check_works(path);
    CHECK(server.stop() == Exit::with(0));
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("A file that a killed server has left is reclaimed", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    auto killed = start_at(path);
    killed.signal(SIGKILL);
    CHECK(killed.wait_for_exit() == Exit::by(SIGKILL));
    REQUIRE(fs::is_socket(fs::symlink_status(path)));
    auto server = start_at(path);
    check_works(path);
    CHECK(server.stop() == Exit::with(0));
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("A stale file of somebody else's is reclaimed", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    leave_stale(path);
    auto server = start_at(path);
    check_works(path);
    CHECK(server.stop() == Exit::with(0));
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("Where a server of ours listens a second one is refused", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    auto server = start_at(path);
    auto const inode = inode_of(path);
    for (int attempt = 0; attempt < 3; ++attempt) {
        check_refused(directory, path);
        CHECK(inode_of(path) == inode);
        check_works(path);
    }
    CHECK(server.stop() == Exit::with(0));
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("Where somebody else listens the server is refused", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    Listener foreign("unix:" + path);
    auto const inode = inode_of(path);
    check_refused(directory, path);
    CHECK(inode_of(path) == inode);
    // The probe was a connection, and closed.
    foreign.accept().wait_for_end();
    Peer const peer = Peer::connect("unix:" + path);
    foreign.accept();
}

TEST_CASE("Somebody else who is too busy to answer still listens", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    Listener const foreign("unix:" + path, 0);
    std::vector<Peer> peers;
    auto const fill = [&] {
        for (;;) {
            peers.push_back(Peer::connect("unix:" + path, {}, Duration(0)));
        }
    };
    CHECK_THROWS_AS(fill(), Failure);
    REQUIRE_FALSE(peers.empty());
    check_refused(directory, path);
    CHECK(fs::is_socket(fs::symlink_status(path)));
}

TEST_CASE("Anything but a socket is left alone", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    SECTION("a regular file") {
        write_file(path, "precious");
        check_refused(directory, path);
        CHECK(read_file(path) == "precious");
    }
    SECTION("an empty file") {
        write_file(path, "");
        check_refused(directory, path);
    }
    SECTION("a folder") {
        fs::create_directory(path);
        check_refused(directory, path);
        CHECK(fs::is_directory(path));
    }
    SECTION("a named pipe") {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        check_refused(directory, path);
    }
    SECTION("a symbolic link to nothing") {
        fs::create_symlink(directory / "nothing", path);
        check_refused(directory, path);
        CHECK(fs::is_symlink(path));
    }
    SECTION("a symbolic link to a file") {
        write_file(directory / "file", "precious");
        fs::create_symlink(directory / "file", path);
        check_refused(directory, path);
        CHECK(fs::is_symlink(path));
        CHECK(read_file(directory / "file") == "precious");
    }
    SECTION("a symbolic link to a stale socket") {
        leave_stale(directory / "socket");
        fs::create_symlink(directory / "socket", path);
        check_refused(directory, path);
        CHECK(fs::is_symlink(path));
        CHECK(fs::is_socket(fs::symlink_status(directory / "socket")));
    }
    SECTION("a symbolic link to a socket in use") {
        auto server = start_at(directory / "socket");
        fs::create_symlink(directory / "socket", path);
        check_refused(directory, path);
        CHECK(fs::is_symlink(path));
        check_works(directory / "socket");
    }
}

TEST_CASE("One server does not take the same path twice", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    auto const refused = run(server_launch({"unix:" + path, "unix:" + path}));
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err.find("unix:" + path) != std::string::npos);
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("Servers that start at once on one path come to one server", "[unix-file][system]") {
    for (std::size_t round = 0; round < (sanitized ? 6 : 20); ++round) {
        CAPTURE(round);
        start_at_once(2 + round % 3, round % 2 == 1);
    }
}

TEST_CASE("Servers that start at once on one path come to one server, three hundred times",
          "[unix-file][system][.soak]") {
    for (std::size_t round = 0; round < 300; ++round) {
        CAPTURE(round);
        start_at_once(2 + round % 3, round % 2 == 1);
    }
}

TEST_CASE("What somebody else has put in the place of the file stays", "[unix-file][system]") {
    TempDir const directory;
    auto const path = directory / "s";
    auto server = start_at(path);
    fs::remove(path);
    SECTION("another socket") {
        Listener foreign("unix:" + path);
        CHECK(server.stop() == Exit::with(0));
        Peer const peer = Peer::connect("unix:" + path);
        foreign.accept();
    }
    SECTION("a file") {
        write_file(path, "precious");
        CHECK(server.stop() == Exit::with(0));
        CHECK(read_file(path) == "precious");
    }
    SECTION("nothing") {
        CHECK(server.stop() == Exit::with(0));
        CHECK(fs::is_empty(directory.path()));
    }
}

TEST_CASE("A socket's file is never open to more than the umask says", "[unix-file][system]") {
    for (mode_t const mask : {077U, 022U, 0177U, 0U}) {
        for (int round = 0; round < (sanitized ? 2 : 5); ++round) {
            CAPTURE(mask, round);
            TempDir const directory;
            auto const path = directory / "s";
            std::atomic<mode_t> ever = 0;
            std::atomic<bool> done = false;
            std::jthread const watcher([&] {
                while (!done) {
                    struct stat status{};
                    if (::lstat(path.c_str(), &status) == 0) {
                        ever = ever | status.st_mode;
                    }
                }
            });
            ServerSetup setup;
            setup.launch.umask = mask;
            auto server = start_at(path, std::move(setup));
            eventually("the file was seen", [&ever] { return ever != 0; });
            CHECK(server.stop() == Exit::with(0));
            done = true;
            CHECK((ever & 0777U) == (0777U & ~mask));
        }
    }
}
