// The machine that this program runs on.
#include "load/this_host.hpp"

#include "protocol/escaped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <thread>

#include <sys/utsname.h>

namespace roger {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Of x86; other processors have no common word for it. Empty: it is not there.
std::string model_name(std::string const& cpuinfo) {
    std::ifstream file(cpuinfo);
    for (std::string line; std::getline(file, line);) {
        std::size_t const colon = line.find(':');
        if (line.starts_with("model name") && colon != line.npos) {
            return std::string(trimmed(std::string_view(line).substr(colon + 1)));
        }
    }
    return "";
}

}  // namespace

Host this_host(std::string const& cpuinfo) {
    utsname system{};
    if (::uname(&system) != 0) {
        system = {};
    }
    std::string const model = model_name(cpuinfo);
    bool const known = system.sysname[0] != '\0';
    return {
        .name = escaped(system.nodename),
        .cpu = escaped(model.empty() ? system.machine : model),
        .processors = std::thread::hardware_concurrency(),
        .kernel = known ? escaped(fmt::format("{} {}", system.sysname, system.release)) : "",
    };
}

}  // namespace roger
