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

std::size_t OrderedAppender::append(std::string_view records, Cutter& cutter,
                                    RetryTime& retry_time) {
    attempts_.clear();
    conflicts_ = 0;
    bool asked_again = false;  // what the stream takes
    while (retry_time.left() > std::chrono::milliseconds(0)) {
        std::size_t stored = 0;
        if (!end_known_) {
            stored = look_for_attempts(retry_time);
        } else if (std::string_view const piece = cutter.next_piece(records); !piece.empty()) {
            stored = try_once(piece, cutter, retry_time);
        } else if (asked_again) {
            cutter.too_long();
            return 0;
        } else {
            asked_again = true;
            end_known_ = false;  // to look for it tells what the stream takes as well
        }
        if (stored != 0) {
            events_.stored();
            return stored;
        }
        if (!reason_.empty()) {
            events_.cannot_store(reason_);
            reason_.clear();
            retry_time.pause(pause_between);
        }
    }
    return 0;
}

/// Returns the bytes of the one that is in the stream already.
std::size_t OrderedAppender::look_for_attempts(RetryTime& retry_time) {
    auto const last = store_.last(time_for_an_answer(retry_time), reason_);
    if (!last) {
        return 0;
    }
    if (has_appended_ && last->sequence > end_ && !last->is_marker && !is_ours(last->id)) {
        events_.found_foreign();
    }
    bool const may_have_expired = last->sequence == 0 && last->expires;
    if (last->sequence < acknowledged_ && !may_have_expired) {
        events_.found_less();
    }
    end_ = last->sequence;
    end_known_ = true;
    auto const found = std::ranges::find(attempts_, last->id, &Attempt::id);
    if (found == attempts_.end()) {
        return 0;
    }
    acknowledged_ = end_;
    store_.found_stored();
    return found->bytes;
}

std::size_t OrderedAppender::try_once(std::string_view piece, Cutter& cutter,
                                      RetryTime& retry_time) {
    BlockStore::Result result =
        store_.append(piece, id_of(piece.size()), end_, time_for_an_answer(retry_time));
    has_appended_ = true;
    if (result.appended == BlockStore::Appended::stored) {
        end_ = acknowledged_ = result.sequence;
        return piece.size();
    }
    end_known_ = false;
    if (result.appended == BlockStore::Appended::unknown) {
        reason_ = std::move(result.reason);
        cutter.not_answered(piece.size());
    } else if (++conflicts_ > most_conflicts) {
        reason_ =
            "the subject never ends where it is said to: somebody else appends to it, or the "
            "stream stores it under another name";
    } else if (conflicts_ > 1) {
        retry_time.pause(pause_for_commit);
    }
    return 0;
}

/// The same for what is tried again.
std::string const& OrderedAppender::id_of(std::size_t bytes) {
    auto const known = std::ranges::find(attempts_, bytes, &Attempt::bytes);
    return known != attempts_.end()
               ? known->id
               : attempts_.emplace_back(bytes, fmt::format("{}:{}", writer_, ++number_)).id;
}

bool OrderedAppender::is_ours(std::string const& id) const {
    return id.starts_with(writer_ + ':');
}

}  // namespace roger
