// A reader of JetStream: message by message, since each is a block of many records.
#include "stream/nats_connection.hpp"
#include "stream/stream_reader.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace roger {

namespace {

class JetStreamReader final : public StreamReader {
public:
    explicit JetStreamReader(StreamAddress const& address)
        : url_(to_string(address)),
          prefix_(address.subject + '.'),
          connection_({.address = address, .server = "reader"},
                      [](LogLevel /*level*/, std::string_view /*line*/) {}),
          name_(connection_.stream_of(prefix_ + '>')) {
        if (name_.empty()) {
            throw std::runtime_error(fmt::format("no stream of {} takes {}>", url_, prefix_));
        }
        read_ = last_sequence();
    }

    void read_new(std::function<void(std::string_view block)> const& take) override {
        std::uint64_t const last = last_sequence();
        while (read_ < last) {
            ++read_;
            natsMsg* found = nullptr;
            jsErrCode code{};
            natsStatus const status =
                js_GetMsg(&found, connection_.jetstream(), name_.c_str(), read_, nullptr, &code);
            NatsMessage const message(found);
            if (status == NATS_NOT_FOUND) {
                continue;  // deleted meanwhile
            }
            require(status, fmt::format("{}: message {} of {}", url_, read_, last));
            std::string_view const subject = natsMsg_GetSubject(found);
            if (subject.starts_with(prefix_)) {
                take({natsMsg_GetData(found),
                      static_cast<std::size_t>(natsMsg_GetDataLength(found))});
            }
        }
    }

private:
    /// Of our subjects, which may not be all that the stream takes.
    [[nodiscard]] std::uint64_t last_sequence() const {
        natsMsg* found = nullptr;
        jsErrCode code{};
        natsStatus const status = js_GetLastMsg(&found, connection_.jetstream(), name_.c_str(),
                                                (prefix_ + '>').c_str(), nullptr, &code);
        NatsMessage const message(found);
        if (status == NATS_NOT_FOUND && code == JSNoMessageFoundErr) {
            return 0;
        }
        require(status, url_);
        return natsMsg_GetSequence(found);
    }

    std::string url_;
    std::string prefix_;  ///< of our subjects
    NatsConnection connection_;
    std::string name_;
    std::uint64_t read_ = 0;  ///< up to here
};

}  // namespace

std::unique_ptr<StreamReader> open_stream_reader(StreamAddress const& address) {
    return std::make_unique<JetStreamReader>(address);
}

}  // namespace roger
