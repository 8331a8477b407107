// Command lines of every program: options with units, and how an outcome becomes an exit status.
#pragma once

#include "roger/timeout.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// The exit statuses of every program.
enum ExitStatus : int { status_done = 0, status_failed = 1, status_wrong_use = 2 };

/// A sentence for someone who asked for what cannot be: ends a program with status_wrong_use.
struct WrongUse : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

/// An option that takes a time with its unit, or `none`. --help shows `value` as the default.
CLI::Option* add_timeout(CLI::App& app, std::string const& name, Timeout& value,
                         std::string const& description);

/// An option that takes a size with its unit. --help shows `value` as the default.
CLI::Option* add_size(CLI::App& app, std::string const& name, std::size_t& value,
                      std::string const& description);

/// Makes --help show the program's ways of being called, such as "[OPTIONS] HOST PORT", and each
/// option with its default alone.
void set_usage(CLI::App& app, std::vector<std::string> ways);

/// Tells the user on standard error, after the program's name.
void complain(CLI::App const& app, std::string_view sentence);

/// Reads the command line into what `app`'s options are bound to, does the work, and returns the
/// exit status: what `work` returned; status_wrong_use after a CLI::ParseError, AddressError or
/// WrongUse; status_failed after any other exception. An exception's sentence goes to standard
/// error. Adds --version.
int run_command_line(CLI::App& app, int argc, char const* const* argv,
                     std::function<int()> const& work);

}  // namespace roger
