// The loggers' set-up: a thread, and an output that drops rather than waits.
#include "program/log.hpp"

#include "net/signal_mask.hpp"
#include "net/thread.hpp"
#include "net/uninterrupted.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <climits>
#include <mutex>
#include <system_error>
#include <tuple>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace roger {

namespace {

constexpr std::size_t most_lines_waiting = 256;

/// Only the writer's thread gets here: no lock.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit LineSink(StandardError::LineWriter write) : write_(std::move(write)) {}

protected:
    void sink_it_(spdlog::details::log_msg const& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        // What poll() calls writable takes PIPE_BUF bytes without blocking and whole, pipe(7).
        if (line.size() > PIPE_BUF) {
            line.resize(PIPE_BUF);
            line[PIPE_BUF - 1] = '\n';
        }
        write_({line.data(), line.size()});
    }
    void flush_() override {}

private:
    StandardError::LineWriter write_;
};

std::shared_ptr<spdlog::logger> make_logger(
    std::shared_ptr<spdlog::details::thread_pool> const& writer, char const* pattern,
    StandardError::LineWriter write) {
    auto logger = std::make_shared<spdlog::async_logger>(
        "standard error", std::make_shared<LineSink>(std::move(write)), writer,
        spdlog::async_overflow_policy::overrun_oldest);
    logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
    return logger;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::shared_ptr<spdlog::details::thread_pool> start_writer() {
    try {
        SignalsBlocked const in_the_thread;
        return std::make_shared<spdlog::details::thread_pool>(most_lines_waiting, 1);
    } catch (std::system_error const& error) {
        throw no_thread(error);
    }
}

}  // namespace

/// Where the lines of all loggers go.
class StandardError::Output {
public:
    void redirect(LineWriter writer) {
        std::lock_guard const lock(guard_);
        writer_ = std::move(writer);
    }

    void write(std::string_view line) {
        std::lock_guard const lock(guard_);
        pollfd writable{STDERR_FILENO, POLLOUT, 0};
        if (writer_) {
            writer_(line);
        } else if (uninterrupted([&] { return ::poll(&writable, 1, 0); }) == 1) {
            std::ignore =
                uninterrupted([&] { return ::write(STDERR_FILENO, line.data(), line.size()); });
        }
    }

private:
    std::mutex guard_;
    LineWriter writer_;
};

StandardError::Redirection::Redirection(StandardError& standard_error, LineWriter writer)
    : output_(standard_error.output_) {
    output_->redirect(std::move(writer));
}

StandardError::Redirection::~Redirection() {
    output_->redirect({});
}

StandardError::StandardError(LogLevel least)
    : output_(std::make_shared<Output>()), writer_(start_writer()) {
    auto const write = [output = output_](std::string_view line) { output->write(line); };
    logger_ = make_logger(writer_, "%Y-%m-%dT%H:%M:%S.%eZ %l: %v", write);
    logger_->set_level(spdlog_level(least));
    announcer_ = make_logger(writer_, "%v", write);
}

StandardError::~StandardError() {
    close();
}

Log StandardError::log() const {
    return [this](LogLevel level, std::string_view sentence) {
        std::lock_guard const lock(guard_);
        if (writer_) {
            logger_->log(spdlog_level(level), sentence);
        }
    };
}

void StandardError::announce(std::string_view line) const {
    std::lock_guard const lock(guard_);
    if (writer_) {
        announcer_->log(spdlog::level::critical, line);
    }
}

void StandardError::close() {
    std::shared_ptr<spdlog::details::thread_pool> last;
    std::lock_guard const lock(guard_);
    last.swap(writer_);
}

}  // namespace roger
