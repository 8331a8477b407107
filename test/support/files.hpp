// Folders and files for a test.
#pragma once

#include "net/descriptor.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger::test {

using roger::Descriptor;

/// A folder of its own, removed with all that is in it. Its path is short enough for Unix sockets.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(TempDir const&) = delete;
    TempDir& operator=(TempDir const&) = delete;
    TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempDir& operator=(TempDir&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }
    [[nodiscard]] std::string operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// Throws Failure where there is no such file.
std::string read_file(std::filesystem::path const& path);
void write_file(std::filesystem::path const& path, std::string_view content);

/// What stands between newlines; an unfinished last line counts.
std::vector<std::string> split_lines(std::string_view text);

}  // namespace roger::test
