// Options: what clients send, and where they connect from.
#include "load/option_groups.hpp"
#include "load/settings_text.hpp"
#include "program/options.hpp"
#include "protocol/line_ending.hpp"
#include "protocol/quantity.hpp"
#include "protocol/quote.hpp"

#include <asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace roger {

namespace {

constexpr std::int64_t most_misbehaving = 1'000'000;

std::vector<std::string> read_lines(std::string const& path) {
    std::ifstream file;
    bool const standard_input = path == "-";
    if (!standard_input) {
        file.open(path);
    }
    if (!file) {
        throw UsageError(
            fmt::format("--messages-from {}: {}", path, std::generic_category().message(errno)));
    }
    std::istream& input = standard_input ? std::cin : file;
    std::vector<std::string> lines;
    for (std::string line; std::getline(input, line);) {
        if (!input.eof()) {  // it had a newline
            line += '\n';
        }
        lines.emplace_back(without_line_ending(line));
    }
    if (lines.empty()) {
        throw UsageError(fmt::format("--messages-from {}: there is no line in it", path));
    }
    return lines;
}

/// Bytes, unless it has a unit.
double parse_bytes(std::string_view text) {
    bool const digits = text.find_first_not_of("0123456789") == text.npos;
    std::size_t const size = parse_size(digits ? std::string(text) + "B" : std::string(text));
    return static_cast<double>(size);
}

Distribution parse_sizes(std::string_view text) {
    return Distribution::parse(text, parse_bytes);
}

std::pair<asio::ip::address, asio::ip::address> read_sources(std::string const& text) {
    std::size_t const dash = text.find('-');
    asio::error_code wrong;
    auto const first = asio::ip::make_address(text.substr(0, dash), wrong);
    auto const last =
        wrong || dash == text.npos ? first : asio::ip::make_address(text.substr(dash + 1), wrong);
    if (wrong) {
        throw UsageError(
            fmt::format("--source: '{}' is no address and no range of addresses: write "
                        "10.0.0.1 or 10.0.0.1-10.0.0.9",
                        text));
    }
    return {first, last};
}

/// Which no range excludes.
std::string is_not_nan(std::string const& number) {
    return number.find_first_of("nN") == number.npos ? "" : quote(number) + " is no number";
}

std::map<Misbehaviour, std::size_t> read_misbehaving(std::vector<std::string> const& words) {
    std::map<Misbehaviour, std::size_t> counts;
    for (std::string const& word : words) {
        std::size_t const equals = word.find('=');
        auto const kind = std::ranges::find(misbehaviours, word.substr(0, equals),
                                            &decltype(misbehaviours)::value_type::first);
        std::int64_t count = 0;
        bool const counted = equals != word.npos &&
                             CLI::detail::lexical_cast(word.substr(equals + 1), count) &&
                             count >= 0 && count <= most_misbehaving;
        if (kind == misbehaviours.end() || !counted) {
            throw UsageError(
                fmt::format("--misbehave: '{}' is not KIND=N; the kinds are silent, "
                            "slow, deaf, half, reset, endless",
                            word));
        }
        counts[kind->second] += static_cast<std::size_t>(count);
    }
    return counts;
}

}  // namespace

void add_messages(CLI::App& app, LoadSettings& settings) {
    auto* const text = app.add_option_function<std::vector<std::string>>(
        "--message", [&settings](std::vector<std::string> const& given) { settings.texts = given; },
        "what to send; {client} and {message} stand for their numbers; several are sent in turn");
    text->type_name("TEXT")
        ->default_str(settings.texts.front())
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--weights", settings.weights, "how often each --message is sent: 9,1")
        ->type_name("N,...")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(0.001, 1e9).description(""))
        ->check(is_not_nan, "")
        ->needs(text);
    auto* const size = add_parsed(app, "--size", settings.size, parse_sizes,
                                  "messages of so many bytes: 1KiB, 100-1000, exp:200")
                           ->type_name("SIZE")
                           ->excludes(text);
    app.add_option_function<std::string>(
           "--messages-from",
           [&settings](std::string const& path) { settings.texts = read_lines(path); },
           "send the lines of FILE in turn; - is standard input")
        ->type_name("FILE")
        ->excludes(text)
        ->excludes(size);
    add_choice(app, "--line-ending", settings.line_ending, {{"lf", "\n"}, {"crlf", "\r\n"}},
               "what ends a message; by default, a datagram is not ended");
    app.add_option_function<std::string>(
           "--expect",
           [&settings](std::string const& given) {
               settings.expect = given == "any" ? std::nullopt : std::optional(given);
           },
           "the answer that is an acknowledgement; any: every line is")
        ->type_name("TEXT")
        ->default_str(*settings.expect);
    add_switch(app, "--greeting", settings.greeting,
               "the server speaks first: wait for its line before the first message");
}

void add_clients(CLI::App& app, LoadSettings& settings) {
    app.add_option_function<std::string>(
           "--source",
           [&settings](std::string const& text) { settings.sources = read_sources(text); },
           "connect from these addresses of ours, in turn")
        ->type_name("A[-B]");
    app.add_option_function<std::vector<std::string>>(
           "--misbehave",
           [&settings](std::vector<std::string> const& words) {
               settings.misbehaving = read_misbehaving(words);
           },
           "besides, N clients that are silent, slow, deaf, half, reset or endless")
        ->type_name("KIND=N,...")
        ->delimiter(',')
        ->allow_extra_args(false);
}

}  // namespace roger
