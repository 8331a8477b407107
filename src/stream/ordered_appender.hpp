// Appends one event loop's blocks to its subject: each once, in their order, whatever happens to
// the connection in between.
#pragma once

#include "stream/block_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

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

/// One block at a time, and each is expected to follow the one before it: so one that arrives late,
/// when it has long been given up or stored by another attempt, is rejected by the stream. After an
/// attempt without a clear answer the last message of the subject is read: its id tells whether the
/// block in doubt is in. (Where somebody else publishes to the same subject, it may not be the
/// last, and is then stored again.)
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

    /// Returns whether it is stored. If not, it may still be later, if an attempt is under way.
    bool append(std::string_view block, RetryTime& retry_time);

private:
    [[nodiscard]] bool is_ours(std::string const& id) const;
    bool look_for(std::string const& id, RetryTime& retry_time);
    bool try_once(std::string_view block, std::string const& id, RetryTime& retry_time);

    BlockStore& store_;
    std::string writer_;
    Events events_;
    std::uint64_t number_ = 0;        ///< of the last block
    std::uint64_t acknowledged_ = 0;  ///< the last of ours that is surely stored
    std::uint64_t end_ = 0;           ///< the subject's last message
    bool end_known_ = false;          ///< nobody else has appended since, and nothing is in doubt
    bool has_appended_ = false;       ///< what the subject ends with since then should be ours
    int conflicts_ = 0;               ///< since the block's first attempt
    std::string reason_;              ///< of what went wrong last
};

}  // namespace roger
