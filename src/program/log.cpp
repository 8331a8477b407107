// The logger's set-up: a thread, and a sink that drops rather than waits.
#include "program/log.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <climits>
#include <mutex>

#include <poll.h>
#include <unistd.h>

namespace roger {

namespace {

constexpr std::size_t most_lines_waiting = 256;

class ImpatientSink final : public spdlog::sinks::base_sink<std::mutex> {
protected:
    void sink_it_(spdlog::details::log_msg const& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        pollfd writable{STDERR_FILENO, POLLOUT, 0};
        if (::poll(&writable, 1, 0) == 1) {
            // What poll() calls writable takes PIPE_BUF bytes without blocking, pipe(7).
            std::size_t const size = std::min<std::size_t>(line.size(), PIPE_BUF);
            [[maybe_unused]] auto const written = ::write(STDERR_FILENO, line.data(), size);
        }
    }
    void flush_() override {}
};

std::shared_ptr<spdlog::logger> make_logger(
    std::shared_ptr<spdlog::details::thread_pool> const& writer, char const* pattern) {
    auto logger = std::make_shared<spdlog::async_logger>(
        "standard error", std::make_shared<ImpatientSink>(), writer,
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

}  // namespace

StandardError::StandardError(LogLevel least)
    : writer_(std::make_shared<spdlog::details::thread_pool>(most_lines_waiting, 1)),
      logger_(make_logger(writer_, "%Y-%m-%dT%H:%M:%S.%eZ %l: %v")),
      announcer_(make_logger(writer_, "%v")) {
    logger_->set_level(spdlog_level(least));
}

StandardError::~StandardError() {
    close();
}

Log StandardError::log() const {
    return [logger = logger_](LogLevel level, std::string_view sentence) {
        logger->log(spdlog_level(level), sentence);
    };
}

void StandardError::announce(std::string_view line) const {
    announcer_->log(spdlog::level::critical, line);
}

void StandardError::close() {
    writer_.reset();
}

}  // namespace roger
