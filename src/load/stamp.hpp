// What an audited message begins with: who sent it, its sequence number, and a checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roger {

/// Written as `audit RUN.CLIENT.CONNECTION.NUMBER.CHECKSUM ` before the message's text, numbers in
/// hexadecimal of fixed width. The checksum is of all of the message but itself.
struct Stamp {
    std::uint64_t run;  ///< distinguishes the messages of this run from all others
    std::uint64_t client;
    /// Of this client; within one, numbers must arrive in order. A datagram's number in the order
    /// of all clients': ten digits of it last for twelve days at a million a second.
    std::uint64_t connection;
    std::uint64_t number;  ///< of this client's messages, from 1

    bool operator==(Stamp const&) const = default;
};

/// Appends the stamped message.
void append_stamped(std::string& out, Stamp const& stamp, std::string_view text);

/// How many bytes a stamp adds to a message.
inline constexpr std::size_t stamp_size = 69;

/// A record as the server wrote it, without its newline.
struct StampedRecord {
    Stamp stamp;
    bool intact;  ///< the checksum is right
};

/// Nothing for a record that bears no stamp.
std::optional<StampedRecord> read_stamped(std::string_view record);

}  // namespace roger
