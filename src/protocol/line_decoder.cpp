// A stream's bytes as messages.
#include "roger/line_decoder.hpp"

namespace roger {

namespace {

// A line is looked at in two pieces, what was kept of it and what came now, so that its length is
// known before any of it is copied.

bool ends_in_return(std::string_view kept, std::string_view rest) {
    return rest.empty() ? kept.ends_with('\r') : rest.ends_with('\r');
}

}  // namespace

void DecodedLines::add(LineStatus status) {
    if (runs.empty() || runs.back().status != status) {
        runs.push_back({status, 0});
    }
    ++runs.back().count;
}

void LineDecoder::feed(std::string_view bytes, DecodedLines& decoded) {
    for (std::size_t end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        end_line(bytes.substr(0, end), decoded);
        bytes.remove_prefix(end + 1);
    }
    if (!bytes.empty()) {
        keep(bytes, decoded);
    }
}

void LineDecoder::finish(DecodedLines& decoded) {
    if (!begun_.empty()) {
        end_message({}, begun_.size(), decoded);
    }
    skipping_ = false;
}

void LineDecoder::keep(std::string_view bytes, DecodedLines& decoded) {
    if (skipping_) {
        return;
    }
    std::size_t const size = begun_.size() + bytes.size();
    // A last '\r' may turn out to belong to the line ending.
    bool const may_fit =
        size <= max_message_ || (size - max_message_ == 1 && ends_in_return(begun_, bytes));
    if (may_fit) {
        append(bytes);
    } else {
        skipping_ = true;
        end_message(bytes, size, decoded);
    }
}

/// A string that grows by itself, reserve() included, at least doubles: of what many clients keep,
/// half would be unused.
void LineDecoder::append(std::string_view bytes) {
    std::size_t const size = begun_.size() + bytes.size();
    if (size > begun_.capacity()) {
        std::string grown;
        grown.reserve(size + size / 8);
        grown.append(begun_).swap(begun_);
    }
    begun_.append(bytes);
}

void LineDecoder::end_line(std::string_view rest, DecodedLines& decoded) {
    decoded.line_ended = true;
    if (skipping_) {
        skipping_ = false;
        return;
    }
    std::size_t const size = begun_.size() + rest.size();
    end_message(rest, ends_in_return(begun_, rest) ? size - 1 : size, decoded);
}

void LineDecoder::end_message(std::string_view rest, std::size_t size, DecodedLines& decoded) {
    if (size > max_message_) {
        decoded.add(LineStatus::too_long);
    } else {
        std::size_t const start = decoded.messages.size();
        decoded.messages.append(begun_).append(rest).resize(start + size);
        decoded.messages.push_back('\n');
        decoded.add(LineStatus::accepted);
    }
    // Assigning or clearing would keep the storage.
    std::string().swap(begun_);
}

}  // namespace roger
