// Where the server program's messages go: standard output, or a stream.
#pragma once

#include "program/log.hpp"
#include "server/command_line.hpp"
#include "server/message_writer.hpp"

#include <memory>

namespace roger {

class Output {
public:
    Output() = default;
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;
    virtual ~Output() = default;

    [[nodiscard]] virtual WritingHandler handler() = 0;

    /// Gives up what is not written by now. From any thread.
    virtual void abandon() = 0;

    /// Waits for the last lines of the log, where the output writes them, but not for long.
    virtual void flush_lines() = 0;

    /// When the event loops no longer run. Throws std::runtime_error if records that were
    /// acknowledged may be missing. False: all is well, but it cannot be destroyed, since a thread
    /// may be in a call that does not end.
    [[nodiscard]] virtual bool close() = 0;
};

/// Throws std::runtime_error, or UsageError, with a sentence. Outlived by `standard_error`.
std::unique_ptr<Output> open_output(ServerCommandLine const& command_line,
                                    StandardError& standard_error);

}  // namespace roger
