// What a line from the server means for the message that it answers.
#pragma once

#include "protocol/quote.hpp"
#include "report/outcome.hpp"
#include "roger/answer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roger {

/// Acked, refused or wrong. `expected`: the acknowledgement; nothing: any line is one.
inline Outcome outcome_of_answer(std::string_view line,
                                 std::optional<std::string> const& expected) {
    if (!expected || line == *expected) {
        return Outcome::acked;
    }
    return is_refusal(line) ? Outcome::refused : Outcome::wrong_answer;
}

/// The beginning of a line from the server, safe on a terminal.
inline std::string excerpt(std::string_view line) {
    constexpr std::size_t enough = 60;
    return quote(line.substr(0, enough)) + (line.size() > enough ? " ..." : "");
}

}  // namespace roger
