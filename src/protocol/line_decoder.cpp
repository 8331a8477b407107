// A stream's bytes as messages.
#include "roger/line_decoder.hpp"

namespace roger {

std::size_t DecodedLines::count(LineStatus status) const {
    std::size_t sum = 0;
    for (Run const& run : runs) {
        sum += run.status == status ? run.count : 0;
    }
    return sum;
}

void DecodedLines::add(LineStatus status) {
    if (runs.empty() || runs.back().status != status) {
        runs.push_back({status, 0});
    }
    ++runs.back().count;
}

/// A string that grows by itself, reserve() included, at least doubles: of what many clients keep,
/// half would be unused.
void LineDecoder::append(std::string_view bytes) {
    if (!begun_) {
        begun_ = std::make_unique<std::string>();
    }
    std::size_t const size = begun_->size() + bytes.size();
    if (size > begun_->capacity()) {
        std::string grown;
        grown.reserve(size + size / 8);
        grown.append(*begun_).swap(*begun_);
    }
    begun_->append(bytes);
}

}  // namespace roger
