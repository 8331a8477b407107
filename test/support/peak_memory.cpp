// The most memory that a running process has had, proc(5).
#include "support/peak_memory.hpp"

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <string_view>

namespace roger::test {

std::size_t peak_memory(pid_t process) {
    constexpr std::string_view field = "VmHWM:";
    auto const path = fmt::format("/proc/{}/status", process);
    for (auto const& line : split_lines(read_file(path))) {
        if (line.starts_with(field)) {
            return std::stoul(line.substr(field.size())) * 1024;
        }
    }
    throw Failure(fmt::format("no {} in {}", field, path));
}

bool reset_peak_memory(pid_t process) {
    std::ofstream file(fmt::format("/proc/{}/clear_refs", process));
    file << "5" << std::flush;
    return static_cast<bool>(file);
}

}  // namespace roger::test
