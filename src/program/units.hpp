// Figures as reports show them: 1.24ms, 19,998/s, 99.999%.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace roger {

/// Three significant digits, in the unit of which it is less than a thousand: 0µs, 7µs, 12.5µs,
/// 812µs, 1.20ms, 12.0ms, 2.05s, 300s, 16.7min, 24.0h. Microseconds have no trailing zeros, since
/// most are whole ones. Not for what is negative.
std::string duration_text(double us);

/// Like duration_text, without any trailing zeros: 10s, 1.5ms. For what was asked for, and axes.
std::string short_duration_text(double us);

/// Whole from a hundred on, three significant digits below: 19,998/s, 12.5/s, 0.5/s.
std::string rate_text(double per_second);

/// Three significant digits, in units of a thousand: 0 B, 812 B, 1.20 kB, 12.0 MB, 3.05 GB.
std::string bytes_text(double bytes);

/// In groups of thousands: 199,980.
std::string count_text(std::uint64_t count);

/// A count and what is counted, whose plural ends in an s: "1 client", "1,000 clients".
std::string count_text(std::uint64_t count, std::string_view noun);

/// In percent, of a share between 0 and 1, or more: 0%, 0.001%, 12.5%, 99.999%, 100%. It is 0% or
/// 100% only when it is exactly that.
std::string share_text(double share);

}  // namespace roger
