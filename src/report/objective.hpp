// A condition that the figures of a load test are to meet: p99<5ms.
#pragma once

#include "report/histogram.hpp"
#include "report/outcome.hpp"
#include "report/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace roger {

/// One of
///
///     [response.|service.|connect.]pN OP TIME     any percentile, as in p99.9<5ms
///     [response.|service.|connect.]mean OP TIME
///     [response.|service.|connect.]max OP TIME
///     rate OP NUMBER                              acked messages a second
///     failed OP COUNT                             all messages that were not acked
///     OUTCOME OP COUNT                            acked, refused, timed_out, wrong_answer, ...
///     surplus_answers OP COUNT
///
/// OP is <, <=, >, >= or =. A TIME is a number, with a fraction if need be, and us (or µs), ms or
/// s; it is of the response unless said otherwise. A COUNT is a whole number, or with % a share of
/// the planned messages. Spaces may surround OP.
struct Objective {
    struct Time {
        Histogram Latencies::* clock;
        std::optional<double> percent;  ///< nothing: the mean
    };
    struct Rate {};
    struct Count {
        enum class Of : std::uint8_t { one_outcome, all_not_acked, surplus_answers } of;
        Outcome outcome;  ///< if of one
        bool share;       ///< in percent of the planned messages
    };
    using Figure = std::variant<Time, Rate, Count>;
    enum class Operator : std::uint8_t { less, at_most, more, at_least, equal };

    std::string text;  ///< as given
    std::string name;  ///< of the figure, as given: service.p99
    Figure figure;
    Operator op = Operator::less;
    double limit = 0;  ///< µs, messages a second, messages, or percent

    /// It held or did not, if that is so whatever the load tester itself added to what it measured;
    /// else there is no verdict, nor where the run was interrupted before a message was planned. A
    /// figure of nothing (a time, when no message was acked or no connection made; a share, when no
    /// message was planned) meets no condition.
    [[nodiscard]] Assertion judge(Report const& report) const;

    /// Whether it says how many messages may have this outcome. Then it, and it alone, decides
    /// whether those that do are too many. `failed` and `acked` are about every outcome.
    [[nodiscard]] bool is_about(Outcome outcome) const;
    [[nodiscard]] bool is_about_surplus_answers() const;
};

/// Throws std::invalid_argument with a sentence: what is wrong with `text`, and what would be
/// right.
Objective parse_objective(std::string_view text);

/// Several, with commas between them: p99<5ms,failed=0. Throws like parse_objective.
std::vector<Objective> parse_objectives(std::string_view text);

}  // namespace roger
