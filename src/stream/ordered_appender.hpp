// Appends one event loop's blocks to its subject: each once, in their order, whatever happens to
// the connection in between.
#pragma once

#include "stream/block_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

/// How long somebody goes on trying.
class RetryTime {
public:
    RetryTime() = default;
    RetryTime(RetryTime const&) = delete;
    RetryTime& operator=(RetryTime const&) = delete;
    virtual ~RetryTime() = default;

    /// 0: no longer.
    virtual std::chrono::milliseconds left() = 0;
    virtual void pause(std::chrono::milliseconds time) = 0;
};

/// Says how much is tried at once: what a stream takes, and what arrives in time, changes.
class Cutter {
public:
    Cutter() = default;
    Cutter(Cutter const&) = delete;
    Cutter& operator=(Cutter const&) = delete;
    virtual ~Cutter() = default;

    /// What the next attempt is to store: the beginning of the records. Empty: the first is longer
    /// than the stream takes, as far as is known.
    virtual std::string_view next_piece(std::string_view records) = 0;

    /// And so it was after the stream had been asked again: the records are given up.
    virtual void too_long() = 0;

    /// An attempt with so many bytes came to nothing, perhaps for want of time.
    virtual void not_answered(std::size_t bytes) = 0;
};

/// One block at a time, and each is expected to follow the one before it: so one that arrives late,
/// when another attempt or a later block has been stored, is rejected by the stream. (Until then,
/// one that was given up can still be stored.) After an attempt without a clear answer the last
/// message of the subject is read: its id tells whether the block in doubt is in. If it is not, it
/// is cut again. (Where somebody else publishes to the same subject, it may not be the last, and is
/// then stored again.)
class OrderedAppender {
public:
    struct Events {
        std::function<void(std::string const& reason)> cannot_store;  ///< it will be tried again
        std::function<void()> stored;
        std::function<void()> found_foreign;  ///< somebody else publishes to the subject as well
        /// What was acknowledged seems to be gone: the subject ends before it.
        std::function<void()> found_less;
    };

    /// `writer` tells this process's blocks from those of others and of earlier runs.
    OrderedAppender(BlockStore& store, std::string writer, Events events)
        : store_(store), writer_(std::move(writer)), events_(std::move(events)) {}

    /// Stores the first piece of records that are not empty. Returns its bytes; 0: it is not
    /// stored, and may still be later, if an attempt is under way.
    std::size_t append(std::string_view records, Cutter& cutter, RetryTime& retry_time);

private:
    /// Pieces of different lengths from the same place: one of them at most is stored.
    struct Attempt {
        std::size_t bytes;
        std::string id;
    };

    [[nodiscard]] bool is_ours(std::string const& id) const;
    std::string const& id_of(std::size_t bytes);
    std::size_t look_for_attempts(RetryTime& retry_time);
    std::size_t try_once(std::string_view piece, Cutter& cutter, RetryTime& retry_time);

    BlockStore& store_;
    std::string writer_;
    Events events_;
    std::uint64_t number_ = 0;        ///< of the last id
    std::vector<Attempt> attempts_;   ///< for the records that are to be stored now
    std::uint64_t acknowledged_ = 0;  ///< the last of ours that is surely stored
    std::uint64_t end_ = 0;           ///< the subject's last message
    bool end_known_ = false;          ///< nobody else has appended since, and nothing is in doubt
    bool has_appended_ = false;       ///< what the subject ends with since then should be ours
    int conflicts_ = 0;               ///< since the records' first attempt
    std::string reason_;              ///< of what went wrong last
};

}  // namespace roger
