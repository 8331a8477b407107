// The directory of standard output, synced or told of.
#include "server/output_file.hpp"

#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
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

}  // namespace

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
