// Command lines of every program: options with units, and how an outcome becomes an exit status.
#pragma once

#include "roger/timeout.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

/// The exit statuses of every program.
enum ExitStatus : int { status_done = 0, status_failed = 1, status_usage_error = 2 };

/// A sentence about invalid options or arguments: ends a program with status_usage_error.
struct UsageError : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

/// An option whose text `parse` turns into `value`. What it throws, a std::invalid_argument, is
/// reported after the option's long name.
template <typename Value, typename Parse>
CLI::Option* add_parsed(CLI::App& app, std::string const& names, Value& value, Parse parse,
                        std::string const& description) {
    std::string const name = names.substr(names.rfind("--"));
    auto const read = [name, parse, &value](std::string const& text) {
        try {
            value = parse(text);
        } catch (std::invalid_argument const& wrong) {
            throw CLI::ValidationError(name, wrong.what());
        }
    };
    return app.add_option_function<std::string>(names, read, description);
}

/// An option that is given or not: --name, and nothing else.
CLI::Option* add_switch(CLI::App& app, std::string const& name, bool& given,
                        std::string const& description);

/// An option that takes a time with its unit, or `none`. --help shows `value` as the default.
CLI::Option* add_timeout(CLI::App& app, std::string const& name, Timeout& value,
                         std::string const& description);

/// An option that takes a size with its unit. --help shows `value` as the default.
CLI::Option* add_size(CLI::App& app, std::string const& name, std::size_t& value,
                      std::string const& description);

template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// An option that takes one of a few words. --help shows them, and `value` as the default.
template <typename Value>
CLI::Option* add_choice(CLI::App& app, std::string const& name, Value& value,
                        Choices<Value> const& choices, std::string const& description) {
    auto const words = choices | std::views::keys;
    auto const current = std::ranges::find(choices, value, &Choices<Value>::value_type::second);
    auto const read = [name, choices, &value](std::string const& word) {
        auto const chosen = std::ranges::find(choices, word, &Choices<Value>::value_type::first);
        if (chosen == choices.end()) {
            throw CLI::ValidationError(name,
                                       fmt::format("'{}' is none of {}", word,
                                                   fmt::join(choices | std::views::keys, ", ")));
        }
        value = chosen->second;
    };
    return app.add_option_function<std::string>(name, read, description)
        ->type_name(fmt::format("{}", fmt::join(words, "|")))
        ->default_str(current->first);
}

/// Makes --help show the program's ways of being called, such as "[OPTIONS] HOST PORT", and each
/// option with its default alone.
void set_usage(CLI::App& app, std::vector<std::string> ways);

/// Tells the user on standard error, after the program's name.
void print_error(CLI::App const& app, std::string_view sentence);

/// Reads the command line into what `app`'s options are bound to, does the work, and returns the
/// exit status: what `work` returned; status_usage_error after a CLI::ParseError, AddressError or
/// UsageError; status_failed after any other exception. An exception's sentence goes to standard
/// error. Adds --version.
int run_command_line(CLI::App& app, int argc, char const* const* argv,
                     std::function<int()> const& work);

}  // namespace roger
