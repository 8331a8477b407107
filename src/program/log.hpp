// Logs and announcements on standard error.
#pragma once

#include "roger/log.hpp"

#include <spdlog/async.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace roger {

/// Nobody waits for standard error (promise P5): a thread writes, and when it does not keep up, or
/// a pipe is full or a terminal stopped, lines are dropped.
class StandardError {
    class Output;

public:
    /// Takes a line, its newline included, and does not wait.
    using LineWriter = std::function<void(std::string_view line)>;

    /// While it lives, lines are written by another.
    class Redirection {
    public:
        Redirection(StandardError& standard_error, LineWriter writer);
        ~Redirection();
        Redirection(Redirection const&) = delete;
        Redirection& operator=(Redirection const&) = delete;

    private:
        std::shared_ptr<Output> output_;
    };

    explicit StandardError(LogLevel least);
    ~StandardError();  ///< writes what is left
    StandardError(StandardError const&) = delete;
    StandardError& operator=(StandardError const&) = delete;

    /// For the library: outlived by this object.
    [[nodiscard]] Log log() const;

    /// A line that is part of the program's interface: verbatim, whatever the log level.
    void announce(std::string_view line) const;

    /// Writes what is left. Lines that come later, from any thread, are dropped.
    void close();

private:
    std::shared_ptr<Output> output_;
    mutable std::mutex guard_;  ///< of `writer_`, which close() takes away
    std::shared_ptr<spdlog::details::thread_pool> writer_;
    std::shared_ptr<spdlog::logger> logger_;
    std::shared_ptr<spdlog::logger> announcer_;
};

}  // namespace roger
