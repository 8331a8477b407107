// Which messages are a batch's.
#include "roger/batch.hpp"

#include <atomic>
#include <stdexcept>

namespace roger {

/// Each thread takes a range of numbers, so that the loops share nothing.
std::uint64_t Batch::next_number() {
    constexpr unsigned bits_of_a_range = 40;
    static std::atomic<std::uint64_t> ranges = 0;
    thread_local std::uint64_t last = ranges.fetch_add(1) << bits_of_a_range;
    return ++last;
}

void Batch::refuse(Message const& message, std::string_view reason) const {
    if (message.batch_ != number_) {
        throw std::logic_error("a message is refused by the batch that it is of, and no other");
    }
    refusals_.add(message.index_, reason);
}

}  // namespace roger
