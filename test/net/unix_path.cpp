// Who may take a Unix socket's name.
#include "net/unix_path.hpp"

#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstring>
#include <filesystem>
#include <memory>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using Catch::Matchers::ContainsSubstring;
using roger::UnixPath;
using roger::test::Descriptor;
using roger::test::TempDir;

namespace {

enum class Listens { no, yes };

/// Another program's socket at `path`.
Descriptor bind_socket(std::string const& path, Listens listens) {
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    if (listens == Listens::yes) {
        REQUIRE(::listen(socket.get(), 1) == 0);
    }
    return socket;
}

}  // namespace

TEST_CASE("a name is held by one at a time, and free again afterwards", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "socket";
    {
        UnixPath const held(path);
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("another server, or this one, has it"));
    }
    CHECK_NOTHROW(UnixPath(path));
    CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a socket that nobody listens on is reclaimed, a live one is left alone", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "socket";
    {
        Descriptor const live = bind_socket(path, Listens::yes);
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("another server listens there"));
        CHECK(std::filesystem::is_socket(path));
        CHECK_FALSE(std::filesystem::exists(path + ".lock"));
    }
    UnixPath const reclaimed(path);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("what is no socket is left alone", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "thing";
    SECTION("a file") {
        roger::test::write_file(path, "precious");
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("left alone"));
        CHECK(roger::test::read_file(path) == "precious");
    }
    SECTION("a folder") {
        std::filesystem::create_directory(path);
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("left alone"));
        CHECK(std::filesystem::is_directory(path));
    }
    SECTION("a symbolic link, even to a stale socket") {
        bind_socket(dir / "stale", Listens::no);
        std::filesystem::create_symlink(dir / "stale", path);
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("left alone"));
        CHECK(std::filesystem::is_symlink(path));
        CHECK(std::filesystem::is_socket(dir / "stale"));
    }
}

TEST_CASE("only the file that was bound is removed", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "socket";
    {
        UnixPath held(path);
        Descriptor const ours = bind_socket(path, Listens::no);
        held.bound();
    }
    CHECK_FALSE(std::filesystem::exists(path));
    {
        UnixPath held(path);
        Descriptor const ours = bind_socket(path, Listens::no);
        held.bound();
        std::filesystem::remove(path);
        roger::test::write_file(path, "somebody else's");
    }
    CHECK(roger::test::read_file(path) == "somebody else's");
}

TEST_CASE("what stands in the place of the lock and is none is left alone", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "socket";
    std::string const lock = path + ".lock";
    SECTION("a file with something in it") {
        roger::test::write_file(lock, "precious");
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("left alone"));
        CHECK(roger::test::read_file(lock) == "precious");
    }
    SECTION("a file with something in it, beside a socket's path that is taken") {
        roger::test::write_file(lock, "precious");
        roger::test::write_file(path, "taken");
        CHECK_THROWS(UnixPath(path));
        CHECK(roger::test::read_file(lock) == "precious");
    }
    SECTION("a pipe") {
        REQUIRE(::mkfifo(lock.c_str(), 0600) == 0);
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("left alone"));
        CHECK(std::filesystem::is_fifo(lock));
    }
    SECTION("a symbolic link") {
        roger::test::write_file(dir / "precious", "");
        std::filesystem::create_symlink(dir / "precious", lock);
        CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring(lock));
        CHECK(std::filesystem::is_symlink(lock));
    }
    CHECK_FALSE(std::filesystem::is_socket(path));
}

TEST_CASE("a lock that a killed server left is taken over", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "socket";
    roger::test::write_file(path + ".lock", "");
    CHECK_NOTHROW(UnixPath(path));
    CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a lock is removed by none but who holds it", "[unix_path]") {
    TempDir const dir;
    std::string const path = dir / "socket";
    auto first = std::make_unique<UnixPath>(path);
    std::filesystem::remove(path + ".lock");
    UnixPath const second(path);
    first.reset();
    CHECK_THROWS_WITH(UnixPath(path), ContainsSubstring("another server, or this one, has it"));
}
