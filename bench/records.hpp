// What the floors make of the bytes they receive.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace bench
