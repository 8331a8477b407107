// The client's command line.
#pragma once

#include "client/talk.hpp"

#include <CLI/CLI.hpp>

namespace roger {

struct ClientCommandLine {
    TalkOptions options;
    bool classic = false;  ///< without an address in the options: none was given
};

/// Describes the command line to `app`; what it reads goes into `command_line`.
void describe_command_line(CLI::App& app, ClientCommandLine& command_line);

}  // namespace roger
