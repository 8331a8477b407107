// What the floors make of the bytes they receive, and write out.
#pragma once

#include "loopback.hpp"

#include <string>
#include <string_view>

#include <unistd.h>

namespace bench {

/// Adds the whole messages to the records, and keeps the rest for the next time. Returns how many
/// there were.
inline std::size_t add_records(std::string_view bytes, std::string& unfinished,
                               std::string& records) {
    std::size_t count = 0;
    for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        records += unfinished;
        records += bytes.substr(0, end + 1);
        unfinished.clear();
        bytes.remove_prefix(end + 1);
        ++count;
    }
    unfinished += bytes;
    return count;
}

/// Writes the records to standard output with one call, and forgets them.
inline void write_out(std::string& records) {
    if (::write(STDOUT_FILENO, records.data(), records.size()) !=
        static_cast<ssize_t>(records.size())) {
        give_up("cannot write to standard output");
    }
    records.clear();
}

}  // namespace bench
