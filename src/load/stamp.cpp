// Writing and reading stamps.
#include "load/stamp.hpp"

#include "load/checksum.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

namespace roger {

namespace {

constexpr std::string_view prefix = "audit ";

std::uint64_t checksum(std::string_view stamp, std::string_view text) {
    Checksum sum;
    sum.add(stamp);
    sum.add(text);
    return sum.sum();
}

/// Takes a number of exactly `digits` and the separator after it off the front.
std::optional<std::uint64_t> take_number(std::string_view& rest, std::size_t digits, char end) {
    std::string_view const word = rest.substr(0, digits);
    // As it was written: in lower case.
    if (rest.size() <= digits || rest[digits] != end ||
        word.find_first_not_of("0123456789abcdef") != word.npos) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number, 16);
    rest.remove_prefix(digits + 1);
    return number;
}

constexpr std::size_t run_digits = 16;
constexpr std::size_t client_digits = 6;
constexpr std::size_t connection_digits = 10;
constexpr std::size_t number_digits = 10;
constexpr std::size_t checksum_digits = 16;
static_assert(stamp_size == prefix.size() + run_digits + client_digits + connection_digits +
                                number_digits + checksum_digits + 5);

}  // namespace

void append_stamped(std::string& out, Stamp const& stamp, std::string_view text) {
    std::size_t const begin = out.size();
    fmt::format_to(std::back_inserter(out), "{}{:0{}x}.{:0{}x}.{:0{}x}.{:0{}x}.", prefix, stamp.run,
                   run_digits, stamp.client, client_digits, stamp.connection, connection_digits,
                   stamp.number, number_digits);
    std::uint64_t const sum = checksum(std::string_view(out).substr(begin), text);
    fmt::format_to(std::back_inserter(out), "{:0{}x} {}", sum, checksum_digits, text);
}

std::optional<StampedRecord> read_stamped(std::string_view record) {
    if (!record.starts_with(prefix)) {
        return std::nullopt;
    }
    std::string_view rest = record.substr(prefix.size());
    auto const run = take_number(rest, run_digits, '.');
    auto const client = run ? take_number(rest, client_digits, '.') : run;
    auto const connection = client ? take_number(rest, connection_digits, '.') : client;
    auto const number = connection ? take_number(rest, number_digits, '.') : connection;
    std::size_t const summed = record.size() - rest.size();
    auto const sum = number ? take_number(rest, checksum_digits, ' ') : number;
    if (!sum) {
        return std::nullopt;
    }
    return StampedRecord{.stamp = {*run, *client, *connection, *number},
                         .intact = *sum == checksum(record.substr(0, summed), rest)};
}

}  // namespace roger
