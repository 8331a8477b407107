// Times and sizes as people write them.
#include "protocol/quantity.hpp"

#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <system_error>

namespace roger {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t size;
};

/// What a kind of quantity is called, and how it is written. The units grow.
struct Kind {
    std::string_view name;
    std::span<Unit const> units;
    std::string_view unit_names;
    std::string_view example;
    std::string_view or_none;  ///< what may stand instead, as the end of a sentence
    std::uint64_t largest;
};

constexpr Unit time_units[] = {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}};
constexpr Unit size_units[] = {{"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}};

// A year: far from overflow in any clock's own unit.
constexpr std::uint64_t longest_time = 8760 * std::uint64_t{3'600'000};
// A few bytes more than a size may be added to it without overflow.
constexpr std::uint64_t largest_size = std::numeric_limits<std::size_t>::max() / 2;

constexpr Kind time_kind = {
    .name = "time",
    .units = time_units,
    .unit_names = "ms, s, min or h",
    .example = "30s",
    .or_none = "",
    .largest = longest_time,
};
constexpr Kind timeout_kind = [] {
    Kind kind = time_kind;
    kind.or_none = ", or none";
    return kind;
}();
constexpr Kind size_kind = {
    .name = "size",
    .units = size_units,
    .unit_names = "B, KiB or MiB",
    .example = "64KiB",
    .or_none = "",
    .largest = largest_size,
};

std::string in_largest_unit(std::uint64_t amount, std::span<Unit const> units) {
    std::size_t best = units.size() - 1;
    while (best != 0 && (amount < units[best].size || amount % units[best].size != 0)) {
        --best;
    }
    return fmt::format("{}{}", amount / units[best].size, units[best].name);
}

[[noreturn]] void refuse(std::string const& sentence) {
    throw std::invalid_argument(sentence);
}

std::uint64_t unit_size(std::string_view text, std::string_view name, Kind const& kind) {
    for (Unit const& unit : kind.units) {
        if (unit.name == name) {
            return unit.size;
        }
    }
    refuse(fmt::format("{} has an unknown unit, {}: write a whole number and {}, as in {}{}",
                       quote(text), quote(name), kind.unit_names, kind.example, kind.or_none));
}

[[noreturn]] void refuse_without_unit(std::string_view text, Kind const& kind) {
    std::string choices;
    for (Unit const& unit : kind.units) {
        bool const first = &unit == &kind.units.front();
        bool const last = &unit == &kind.units.back();
        choices += fmt::format("{}{}{}", first ? "" : last ? " or " : ", ", text, unit.name);
    }
    refuse(fmt::format("{} has no unit: write {}{}", quote(text), choices, kind.or_none));
}

/// May be zero, whose sentence is the caller's: it needs no unit.
std::uint64_t parse_quantity(std::string_view text, Kind const& kind) {
    std::uint64_t count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    std::string_view const name = text.substr(static_cast<std::size_t>(end - text.data()));
    if (error == std::errc::invalid_argument || name.starts_with('.') || name.starts_with(',')) {
        refuse(fmt::format("{} is no {}: write a whole number and {}, as in {}{}", quote(text),
                           kind.name, kind.unit_names, kind.example, kind.or_none));
    }
    if (name.empty() && count != 0) {
        refuse_without_unit(text, kind);
    }
    std::uint64_t const unit = name.empty() ? 1 : unit_size(text, name, kind);
    if (error == std::errc::result_out_of_range || count > kind.largest / unit) {
        refuse(fmt::format("{} is too much: the largest {} is {}{}", quote(text), kind.name,
                           in_largest_unit(kind.largest, kind.units), kind.or_none));
    }
    return count * unit;
}

}  // namespace

Timeout parse_timeout(std::string_view text) {
    if (text == "none") {
        return std::nullopt;
    }
    std::uint64_t const time = parse_quantity(text, timeout_kind);
    if (time == 0) {
        refuse(fmt::format("{} leaves no time: write at least 1ms, or none to wait without end",
                           quote(text)));
    }
    return std::chrono::milliseconds(time);
}

std::chrono::milliseconds parse_time(std::string_view text) {
    return std::chrono::milliseconds(parse_quantity(text, time_kind));
}

std::size_t parse_size(std::string_view text) {
    std::uint64_t const size = parse_quantity(text, size_kind);
    if (size == 0) {
        refuse(fmt::format("{} leaves no room: write at least 1B", quote(text)));
    }
    return size;
}

std::string to_string(Timeout timeout) {
    if (!timeout) {
        return "none";
    }
    return in_largest_unit(static_cast<std::uint64_t>(timeout->count()), time_units);
}

std::string size_to_string(std::size_t bytes) {
    return in_largest_unit(bytes, size_units);
}

}  // namespace roger
