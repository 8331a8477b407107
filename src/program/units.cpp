// Figures as reports show them.
#include "program/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace roger {

namespace {

struct Unit {
    std::string_view name;
    double us;
};

constexpr std::array<Unit, 5> units = {
    {{"µs", 1}, {"ms", 1e3}, {"s", 1e6}, {"min", 60e6}, {"h", 3600e6}}};

/// Three significant digits of a number up to a thousand. Rounding can make it a thousand.
std::string three_digits(double number) {
    // By what the number rounds to: 9.996 is 10.0, not 10.00.
    if (number < 9.995) {
        return fmt::format("{:.2f}", number);
    }
    return fmt::format("{:.{}f}", number, number < 99.95 ? 1 : 0);
}

std::string without_trailing_zeros(std::string number) {
    if (number.find('.') != number.npos) {
        number.resize(number.find_last_not_of('0') + 1);
        if (number.back() == '.') {
            number.pop_back();
        }
    }
    return number;
}

Unit const& unit_of(double us) {
    constexpr double rounds_to_thousand = 999.5;
    auto const fits = [us](Unit const& unit) { return us / unit.us < rounds_to_thousand; };
    auto const* const unit = std::ranges::find_if(units, fits);
    return unit == units.end() ? units.back() : *unit;
}

}  // namespace

std::string duration_text(double us) {
    Unit const& unit = unit_of(us);
    if (&unit == &units.front()) {
        return short_duration_text(us);
    }
    return fmt::format("{}{}", three_digits(us / unit.us), unit.name);
}

std::string short_duration_text(double us) {
    Unit const& unit = unit_of(us);
    return fmt::format("{}{}", without_trailing_zeros(three_digits(us / unit.us)), unit.name);
}

std::string rate_text(double per_second) {
    if (per_second < 99.95) {
        return fmt::format("{:.3g}/s", per_second);
    }
    return fmt::format("{}/s", count_text(static_cast<std::uint64_t>(std::llround(per_second))));
}

std::string bytes_text(double bytes) {
    constexpr std::array<std::string_view, 5> names = {"B", "kB", "MB", "GB", "TB"};
    constexpr double step = 1000;
    constexpr double rounds_to_thousand = 999.5;
    std::size_t unit = 0;
    for (; bytes >= rounds_to_thousand && unit + 1 < names.size(); ++unit) {
        bytes /= step;
    }
    return fmt::format("{} {}", unit == 0 ? fmt::format("{:.0f}", bytes) : three_digits(bytes),
                       names[unit]);
}

std::string count_text(std::uint64_t count) {
    std::string text = fmt::format("{}", count);
    for (std::size_t comma = 3; comma < text.size(); comma += 4) {
        text.insert(text.size() - comma, 1, ',');
    }
    return text;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string share_text(double share) {
    double const percent = share * 100;
    // So many decimals that neither what is there nor what is missing is rounded away.
    double const smaller = std::min(percent, std::abs(100 - percent));
    int decimals = smaller == 0 ? 0 : 1;
    constexpr int most_decimals = 12;
    constexpr double rounds_to_one = 0.95;
    while (smaller != 0 && decimals < most_decimals &&
           smaller * std::pow(10, decimals) < rounds_to_one) {
        ++decimals;
    }
    return fmt::format("{:.{}f}%", percent, decimals);
}

}  // namespace roger
