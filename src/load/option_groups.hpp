// The options of a load test, group by group.
#pragma once

#include "load/settings.hpp"

#include <CLI/CLI.hpp>

namespace roger {

// Each binds its options to `settings`. What they throw while parsing, describe_command_line()
// does.

/// How many clients and messages, and for how long.
void add_amount(CLI::App& app, LoadSettings& settings);

/// When messages are sent.
void add_pace(CLI::App& app, LoadSettings& settings);

/// What is sent, and what answer is expected.
void add_messages(CLI::App& app, LoadSettings& settings);

/// Where clients connect from, and which others there are beside them.
void add_clients(CLI::App& app, LoadSettings& settings);

}  // namespace roger
