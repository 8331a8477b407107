// The two outputs.
#include "server/output.hpp"

#include "program/options.hpp"
#include "program/standard_descriptors.hpp"
#include "server/display.hpp"
#include "server/output_file.hpp"
#include "server/publisher.hpp"
#include "server/sink.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace roger {

namespace {

/// How long the end waits for an output to take the last lines of the log.
constexpr std::chrono::milliseconds last_lines_time{500};

/// What a record in JSON has besides its message: the server's name and the sender's, escaped.
constexpr std::size_t most_origin_bytes = 2048;

class StandardOutput final : public Output {
public:
    StandardOutput(ServerCommandLine const& command_line, StandardError& standard_error)
        : sink_(STDOUT_FILENO),
          display_(sink_, {.show = command_line.show,
                           .sync = command_line.sync,
                           .loops = command_line.server.threads}) {
        prepare(command_line.sync, standard_error.log());
        if (output_and_error_are_one()) {
            lines_between_records_.emplace(
                standard_error, [this](std::string_view line) { display_.write_line(line); });
        }
    }

    [[nodiscard]] WritingHandler handler() override {
        return {
            .writer = [this](std::size_t loop) -> MessageWriter& { return display_.writer(loop); }};
    }

    void abandon() override { display_.abandon(); }

    void flush_lines() override {
        if (lines_between_records_) {
            display_.flush_lines(last_lines_time);
        }
    }

    [[nodiscard]] bool close() override {
        display_.finish();
        if (std::error_code const error = sink_.close()) {
            throw std::runtime_error(
                fmt::format("closing standard output: {}: records may be missing at its end, "
                            "although they were acknowledged",
                            error.message()));
        }
        return true;
    }

private:
    void prepare(bool sync, Log const& log) const {
        if (sync) {
            require_sync();
        }
        end_unfinished_record(STDOUT_FILENO, log);
        if (sync) {
            sync_directory(STDOUT_FILENO, log);
        }
    }

    void require_sync() const {
        std::error_code const error = sink_.sync();
        if (error == std::errc::invalid_argument || error == std::errc::read_only_file_system) {
            throw UsageError(
                fmt::format("--sync: standard output cannot be synced ({}): send it to a file",
                            error.message()));
        }
        if (error) {
            throw std::runtime_error(
                fmt::format("--sync: cannot sync standard output: {}", error.message()));
        }
    }

    Sink sink_;
    Display display_;
    std::optional<StandardError::Redirection> lines_between_records_;
};

class StreamOutput final : public Output {
public:
    StreamOutput(ServerCommandLine const& command_line, StandardError& standard_error)
        : stream_(open_stream(options_for(command_line), standard_error.log())) {
        std::size_t const longest =
            longest_record(command_line.show, command_line.server.max_message) + most_origin_bytes;
        if (longest > stream_->most_bytes()) {
            throw UsageError(
                fmt::format("--max-message: a message of {} bytes can become a record of {}, and "
                            "the stream takes {} at most: lower it, or raise the stream's "
                            "max_msg_size or the NATS servers' max_payload",
                            command_line.server.max_message, longest, stream_->most_bytes()));
        }
        publisher_.emplace(*stream_,
                           Publisher::Options{.show = command_line.show,
                                              .server = command_line.publishing.stream.server,
                                              .timeout = command_line.publishing.timeout,
                                              .loops = command_line.server.threads,
                                              .log = standard_error.log()});
        standard_error.announce(stream_->ack_guarantee());
    }

    [[nodiscard]] WritingHandler handler() override {
        return {.writer = [this](std::size_t loop) -> MessageWriter& {
                    return publisher_->writer(loop);
                },
                .reason = cannot_store_reason};
    }

    void abandon() override { publisher_->abandon(); }
    void flush_lines() override {}
    /// All is stored or refused; the library may be in a call that does not end.
    [[nodiscard]] bool close() override { return false; }

private:
    static StreamOptions options_for(ServerCommandLine const& command_line) {
        StreamOptions options = command_line.publishing.stream;
        options.loops = command_line.server.threads;
        return options;
    }

    std::unique_ptr<Stream> stream_;
    std::optional<Publisher> publisher_;
};

}  // namespace

std::unique_ptr<Output> open_output(ServerCommandLine const& command_line,
                                    StandardError& standard_error) {
    if (command_line.publishing.asked) {
        return std::make_unique<StreamOutput>(command_line, standard_error);
    }
    return std::make_unique<StandardOutput>(command_line, standard_error);
}

}  // namespace roger
