// Appends, and where that is in doubt looks what is there.
#include "stream/ordered_appender.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace roger {

namespace {

/// For one answer. A block whose answer takes longer is looked for.
constexpr std::chrono::milliseconds most_for_an_answer{2000};

/// Between two attempts. A leader is elected in a few of them.
constexpr std::chrono::milliseconds pause_between{100};

/// A block that is stored but not yet committed is in the way, and not to be seen.
constexpr std::chrono::milliseconds pause_for_commit{20};

/// Of one block, until it is worth a word.
constexpr int most_conflicts = 5;

std::chrono::milliseconds time_for_an_answer(RetryTime& retry_time) {
    return std::clamp(retry_time.left(), std::chrono::milliseconds(1), most_for_an_answer);
}

}  // namespace

bool OrderedAppender::append(std::string_view block, RetryTime& retry_time) {
    std::string const id = fmt::format("{}:{}", writer_, ++number_);
    conflicts_ = 0;
    while (retry_time.left() > std::chrono::milliseconds(0)) {
        if (end_known_ ? try_once(block, id, retry_time) : look_for(id, retry_time)) {
            events_.stored();
            return true;
        }
        if (!reason_.empty()) {
            events_.cannot_store(reason_);
            reason_.clear();
            retry_time.pause(pause_between);
        }
    }
    return false;
}

/// Returns whether the block is in the stream already.
bool OrderedAppender::look_for(std::string const& id, RetryTime& retry_time) {
    auto const last = store_.last(time_for_an_answer(retry_time), reason_);
    if (!last) {
        return false;
    }
    if (has_appended_ && last->sequence > end_ && !is_ours(last->id)) {
        events_.found_foreign();
    }
    if (last->sequence < acknowledged_) {
        events_.found_less();
    }
    end_ = last->sequence;
    end_known_ = true;
    return last->id == id;
}

bool OrderedAppender::try_once(std::string_view block, std::string const& id,
                               RetryTime& retry_time) {
    BlockStore::Result result = store_.append(block, id, end_, time_for_an_answer(retry_time));
    has_appended_ = true;
    if (result.appended == BlockStore::Appended::stored) {
        end_ = acknowledged_ = result.sequence;
        return true;
    }
    end_known_ = false;
    if (result.appended == BlockStore::Appended::unknown) {
        reason_ = std::move(result.reason);
    } else if (++conflicts_ > most_conflicts) {
        reason_ =
            "the subject never ends where it is said to: somebody else appends to it, or the "
            "stream stores it under another name";
    } else if (conflicts_ > 1) {
        retry_time.pause(pause_for_commit);
    }
    return false;
}

bool OrderedAppender::is_ours(std::string const& id) const {
    return id.starts_with(writer_ + ':');
}

}  // namespace roger
