// Standard output as a file: what stands in it at the start, and its directory.
#include "server/output_file.hpp"

#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using roger::test::Descriptor;
using roger::test::TempDir;

namespace {

std::vector<std::string> said_by_sync_directory(Descriptor const& descriptor) {
    std::vector<std::string> said;
    roger::sync_directory(descriptor.get(), [&](roger::LogLevel level, std::string_view sentence) {
        CHECK(level == roger::LogLevel::warning);
        said.emplace_back(sentence);
    });
    return said;
}

Descriptor create(std::string const& path) {
    return Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

std::vector<std::string> said_by_end_unfinished_record(Descriptor const& descriptor) {
    std::vector<std::string> said;
    roger::end_unfinished_record(descriptor.get(), [&](roger::LogLevel, std::string_view sentence) {
        said.emplace_back(sentence);
    });
    return said;
}

}  // namespace

TEST_CASE("of two servers on one file, one looks for a half record at a time", "[output-file]") {
    TempDir const directory;
    roger::test::write_file(directory / "output", "whole\nhalf");
    Descriptor const file(::open((directory / "output").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    // As the other server: it looks, and ends the record.
    Descriptor const other(::open((directory / "output").c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    auto said = std::async(std::launch::async, [&] { return said_by_end_unfinished_record(file); });
    // This is longer than one alone takes to be sure.
    CHECK(said.wait_for(std::chrono::milliseconds(500)) == std::future_status::timeout);
    REQUIRE(::write(other.get(), "\n", 1) == 1);
    REQUIRE(::flock(other.get(), LOCK_UN) == 0);
    CHECK(said.get().empty());
    CHECK(roger::test::read_file(directory / "output") == "whole\nhalf\n");
}

TEST_CASE("a half record is ended although somebody else has locked the file for good",
          "[output-file]") {
    TempDir const directory;
    roger::test::write_file(directory / "output", "whole\nhalf");
    Descriptor const file(::open((directory / "output").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    Descriptor const other(::open((directory / "output").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    auto const said = said_by_end_unfinished_record(file);
    REQUIRE(said.size() == 1);
    CHECK(said[0].starts_with("standard output ended in the middle of a record"));
    CHECK(roger::test::read_file(directory / "output") == "whole\nhalf\n");
}

TEST_CASE("a directory that can be synced is no reason to say anything", "[output-file]") {
    TempDir const directory;
    CHECK(said_by_sync_directory(create(directory / "new")).empty());
}

TEST_CASE("a file that has no name in its directory any more is told", "[output-file]") {
    TempDir const directory;
    Descriptor const file = create(directory / "new");
    std::filesystem::remove(directory / "new");
    SECTION("none has it") {}
    SECTION("another has it") {
        create(directory / "new (deleted)");
    }
    auto const said = said_by_sync_directory(file);
    REQUIRE(said.size() == 1);
    CHECK(said[0].find("whoever made it") != std::string::npos);
    CHECK(said[0].find("No such file") != std::string::npos);
}

TEST_CASE("what is no file has no directory to sync", "[output-file]") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    Descriptor const reading(ends[0]);
    CHECK(said_by_sync_directory(Descriptor(ends[1])).empty());
    CHECK(said_by_sync_directory(Descriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC))).empty());
}
