// The server's command line.
#pragma once

#include "protocol/record.hpp"
#include "roger/log.hpp"
#include "roger/server.hpp"
#include "server/classic.hpp"
#include "server/publishing_options.hpp"

#include <CLI/CLI.hpp>

#include <optional>

namespace roger {

struct ServerCommandLine {
    ServerOptions server;
    Show show = Show::text;
    bool sync = false;
    Publishing publishing;  ///< where it was asked for, instead of standard output
    LogLevel log_level = LogLevel::info;
    std::optional<ClassicServer> classic;  ///< without an address in `server`: none was given
};

/// Describes the command line to `app`; what it reads goes into `command_line`.
void describe_command_line(CLI::App& app, ServerCommandLine& command_line);

}  // namespace roger
