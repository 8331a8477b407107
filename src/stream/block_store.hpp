// The subject of a stream to which one event loop's blocks of records are appended.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roger {

/// What a subject ends with.
struct LastBlock {
    std::uint64_t sequence = 0;  ///< the stream's number for it; 0: the subject is empty
    std::string id;              ///< as append() was given it; empty: somebody else's message
    bool is_marker = false;      ///< the stream's own message, that those before it have gone
    bool expires = false;        ///< the stream drops messages because of their age
};

class BlockStore {
public:
    enum class Appended : std::uint8_t {
        stored,    ///< and committed: it will not be lost by what the stream is made to survive
        conflict,  ///< not stored: the subject does not end where it was expected to
        unknown,   ///< no answer, or one that does not say
    };
    struct Result {
        Appended appended = Appended::unknown;
        std::uint64_t sequence = 0;  ///< of a stored one
        std::string reason;          ///< why it is not
    };

    BlockStore() = default;
    BlockStore(BlockStore const&) = delete;
    BlockStore& operator=(BlockStore const&) = delete;
    virtual ~BlockStore() = default;

    /// Stores a block if the subject's last message has that number. Waits so long for an answer.
    virtual Result append(std::string_view block, std::string const& id,
                          std::uint64_t expected_last, std::chrono::milliseconds most) = 0;

    /// What the subject ends with, as the stream knows it now. May be out of date. Nothing: it
    /// could not be read, for `reason`.
    virtual std::optional<LastBlock> last(std::chrono::milliseconds most, std::string& reason) = 0;

    /// The last block that was in doubt is what last() has told of: it was stored after all.
    virtual void found_stored() = 0;
};

}  // namespace roger
