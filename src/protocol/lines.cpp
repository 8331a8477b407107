// A stream's bytes as messages.
#include "roger/lines.hpp"

namespace roger {

namespace {

// A line is looked at in two pieces, what was kept of it and what came now, so that its length is
// known before any of it is copied.

bool ends_in_return(std::string_view kept, std::string_view rest) {
    return rest.empty() ? kept.ends_with('\r') : rest.ends_with('\r');
}

}  // namespace

void Intake::add(Verdict verdict) {
    if (runs.empty() || runs.back().verdict != verdict) {
        runs.push_back({verdict, 0});
    }
    ++runs.back().count;
}

void Lines::feed(std::string_view bytes, Intake& intake) {
    for (std::size_t end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        end_line(bytes.substr(0, end), intake);
        bytes.remove_prefix(end + 1);
    }
    if (!bytes.empty()) {
        keep(bytes, intake);
    }
}

void Lines::finish(Intake& intake) {
    if (!begun_.empty()) {
        end_message({}, begun_.size(), intake);
    }
    skipping_ = false;
}

void Lines::keep(std::string_view bytes, Intake& intake) {
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
        end_message(bytes, size, intake);
    }
}

/// A string that grows by itself, reserve() included, at least doubles: of what many clients keep,
/// half would be unused.
void Lines::append(std::string_view bytes) {
    std::size_t const size = begun_.size() + bytes.size();
    if (size > begun_.capacity()) {
        std::string grown;
        grown.reserve(size + size / 8);
        grown.append(begun_).swap(begun_);
    }
    begun_.append(bytes);
}

void Lines::end_line(std::string_view rest, Intake& intake) {
    intake.line_ended = true;
    if (skipping_) {
        skipping_ = false;
        return;
    }
    std::size_t const size = begun_.size() + rest.size();
    end_message(rest, ends_in_return(begun_, rest) ? size - 1 : size, intake);
}

void Lines::end_message(std::string_view rest, std::size_t size, Intake& intake) {
    if (size > max_message_) {
        intake.add(Verdict::too_long);
    } else {
        std::size_t const start = intake.messages.size();
        intake.messages.append(begun_).append(rest).resize(start + size);
        intake.messages.push_back('\n');
        intake.add(Verdict::accepted);
    }
    // Assigning or clearing would keep the storage.
    std::string().swap(begun_);
}

}  // namespace roger
