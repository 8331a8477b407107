// Folders and files for a test.
#include "support/files.hpp"

#include "support/deadline.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include <unistd.h>

namespace roger::test {

TempDir::TempDir() {
    std::string name = std::filesystem::temp_directory_path() / "roger-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw Failure("mkdtemp: " + errno_text(errno));
    }
    path_ = name;
}

TempDir::~TempDir() {
    if (path_.empty()) {
        return;
    }
    std::error_code ignored;  // a test's result does not depend on tidying up
    std::filesystem::remove_all(path_, ignored);
}

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Failure("cannot read " + path.string() + ": " + errno_text(errno));
    }
    std::ostringstream content;
    content << file.rdbuf();
    return std::move(content).str();
}

void write_file(std::filesystem::path const& path, std::string_view content) {
    std::ofstream file(path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) {
        throw Failure("cannot write " + path.string());
    }
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto const end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

}  // namespace roger::test
