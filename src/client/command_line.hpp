// The client's command line.
#pragma once

#include "client/talk.hpp"

#include <CLI/CLI.hpp>

namespace roger {

/// Describes the command line to `app`; what it reads goes into `options`.
void describe_command_line(CLI::App& app, ClientOptions& options);

}  // namespace roger
