// What a server answers that is told nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roger::test {

class Peer;

inline std::string const ack = "I got your message";
inline std::string const ack_line = ack + '\n';
inline std::string const cannot_display_line = "error: cannot display\n";
inline std::string const cannot_store_line = "error: cannot store\n";
inline std::string const shutting_down_line = "error: shutting down\n";

inline std::string too_long_line(std::size_t most_bytes) {
    return "error: message longer than " + std::to_string(most_bytes) + " bytes\n";
}

std::string times(std::size_t count, std::string_view text);

/// A message, which is acknowledged.
void talk(Peer& peer, std::string const& message);

/// A message again and again until it is stored: a busy machine can need longer than it has.
void send_until_stored(Peer& peer, std::string const& message);

}  // namespace roger::test
