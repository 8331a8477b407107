// What the system knows about a running process, proc(5).
#include "support/facts.hpp"

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace roger::test {
namespace {

/// The number in the line `field: NUMBER ...` of /proc/PID/`file`.
std::size_t number(pid_t process, std::string_view file, std::string_view field) {
    auto const path = fmt::format("/proc/{}/{}", process, file);
    for (auto const& line : split_lines(read_file(path))) {
        if (line.starts_with(field) && line.size() > field.size() && line[field.size()] == ':') {
            return std::stoul(line.substr(field.size() + 1));
        }
    }
    throw Failure(fmt::format("no {} in {}", field, path));
}

}  // namespace

std::size_t resident_memory(pid_t process) {
    return number(process, "status", "VmRSS") * 1024;
}

std::size_t anonymous_memory(pid_t process) {
    // status has it too, but to a few hundred kilobytes only: each processor counts for itself.
    return number(process, "smaps_rollup", "Anonymous") * 1024;
}

std::size_t proportional_memory(pid_t process) {
    return number(process, "smaps_rollup", "Pss") * 1024;
}

std::chrono::milliseconds cpu_time(pid_t process) {
    // schedstat is finer than stat's clock ticks, but counts one thread only.
    auto const stat = read_file(fmt::format("/proc/{}/stat", process));
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::vector<int> descriptors(pid_t process) {
    std::vector<int> numbers;
    for (auto const& entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process))) {
        numbers.push_back(std::stoi(entry.path().filename()));
    }
    return numbers;
}

std::size_t open_descriptors(pid_t process) {
    return descriptors(process).size();
}

std::vector<int> inheritable_descriptors(pid_t process) {
    std::vector<int> inheritable;
    for (auto const& entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fdinfo", process))) {
        std::ifstream info(entry.path());  // it may be closed already
        std::string name;
        unsigned flags = O_CLOEXEC;
        while (info >> name && name != "flags:") {
        }
        info >> std::oct >> flags;
        int const descriptor = std::stoi(entry.path().filename());
        if (descriptor > STDERR_FILENO && (flags & O_CLOEXEC) == 0) {
            inheritable.push_back(descriptor);
        }
    }
    std::ranges::sort(inheritable);
    return inheritable;
}

int next_descriptor(pid_t process) {
    int number = 0;
    while (std::filesystem::is_symlink(fmt::format("/proc/{}/fd/{}", process, number))) {
        ++number;
    }
    return number;
}

std::set<int> watched_descriptors(pid_t process) {
    std::set<int> watched;
    for (auto const& entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fdinfo", process))) {
        std::ifstream info(entry.path());
        for (std::string word; info >> word;) {
            int number = -1;
            if (word == "tfd:" && info >> number) {
                watched.insert(number);
            }
        }
    }
    return watched;
}

std::size_t threads(pid_t process) {
    return number(process, "status", "Threads");
}

bool all_threads_wait(pid_t process) {
    auto const tasks = fmt::format("/proc/{}/task", process);
    return std::ranges::all_of(std::filesystem::directory_iterator(tasks), [](auto const& task) {
        auto const stat = read_file(task.path() / "stat");
        return stat.at(stat.rfind(')') + 2) == 'S';
    });
}

}  // namespace roger::test
