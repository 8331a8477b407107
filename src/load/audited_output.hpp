// Where an audit reads what the server has written: a file, or a stream that it publishes to.
#pragma once

#include "roger/log.hpp"
#include "stream/stream_options.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace roger {

class AuditedOutput {
public:
    AuditedOutput() = default;
    AuditedOutput(AuditedOutput const&) = delete;
    AuditedOutput& operator=(AuditedOutput const&) = delete;
    virtual ~AuditedOutput() = default;

    /// For the report: without a password.
    [[nodiscard]] virtual std::string name() const = 0;

    /// Each message that has been written, in order: of a file all, of a stream those since it was
    /// opened. Throws std::runtime_error with a sentence, also where it waits when `stop` is
    /// requested.
    virtual void for_each_message(std::function<void(std::string_view message)> const& take,
                                  std::stop_token const& stop) = 0;
};

/// `name` is a path, or nats://HOST:PORT/SUBJECT, for which there can be `credentials`. To be
/// opened before the test. `log` is told where a stream is waited for. Throws std::invalid_argument
/// or std::runtime_error with a sentence.
std::unique_ptr<AuditedOutput> open_audited_output(std::string const& name,
                                                   StreamOptions credentials = {},
                                                   Log const& log = {});

/// The message as it was sent, from a stream's record: one of JSON, or one of text, without its
/// newline. The record itself where it is neither.
std::string message_of_record(std::string_view record);

/// Whether it is a stream's address, maybe a wrong one, and not a file's name.
bool is_stream_address(std::string_view name);

}  // namespace roger
