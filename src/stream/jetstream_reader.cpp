// A reader of JetStream: message by message, since each is a block of many records.
#include "stream/jetstream_api.hpp"
#include "stream/nats_client.hpp"
#include "stream/stream_reader.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace roger {

namespace {

/// JetStream elects a leader in less than 9 s, and notices in some more that one is gone.
constexpr std::chrono::seconds election_timeout{30};
constexpr std::chrono::milliseconds between_attempts{100};

class JetStreamReader final : public StreamReader {
public:
    explicit JetStreamReader(StreamAddress const& address)
        : prefix_(address.subject + '.'),
          client_({.address = address, .server = "reader"},
                  [](LogLevel /*level*/, std::string_view /*line*/) {}),
          name_(stream_of(client_, prefix_ + '>')) {
        if (name_.empty()) {
            throw std::runtime_error(
                fmt::format("no stream of {} takes {}>", client_.url(), prefix_));
        }
        read_ = last_sequence();
    }

    void read_new(std::function<void(std::string_view block)> const& take) override {
        std::uint64_t const last = last_sequence();
        while (read_ < last) {
            ++read_;
            NatsMessage const message =
                asked([this](NatsConnection const& connection, natsMsg** found, jsErrCode* code) {
                    return js_GetMsg(found, connection.jetstream(), name_.c_str(), read_, nullptr,
                                     code);
                });
            // One that is not there was deleted meanwhile.
            if (message &&
                std::string_view(natsMsg_GetSubject(message.get())).starts_with(prefix_)) {
                take({natsMsg_GetData(message.get()),
                      static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))});
            }
        }
    }

private:
    /// Of our subjects, which may not be all that the stream takes.
    [[nodiscard]] std::uint64_t last_sequence() {
        NatsMessage const message =
            asked([this](NatsConnection const& connection, natsMsg** found, jsErrCode* code) {
                return js_GetLastMsg(found, connection.jetstream(), name_.c_str(),
                                     (prefix_ + '>').c_str(), nullptr, code);
            });
        return message ? natsMsg_GetSequence(message.get()) : 0;
    }

    /// Again, as long as it takes the servers to elect a leader. Null: there is no such message.
    template <typename Ask>
    [[nodiscard]] NatsMessage asked(Ask const& ask) {
        auto const end = std::chrono::steady_clock::now() + election_timeout;
        for (;;) {
            auto const connection = client_.connection(election_timeout);
            natsMsg* found = nullptr;
            jsErrCode code{};
            natsStatus const status = ask(*connection, &found, &code);
            NatsMessage message(found);
            if (status == NATS_OK || (status == NATS_NOT_FOUND && code == JSNoMessageFoundErr)) {
                return message;
            }
            if (std::chrono::steady_clock::now() >= end) {
                require(status, client_.url());
            }
            std::this_thread::sleep_for(between_attempts);
        }
    }

    std::string prefix_;  ///< of our subjects
    NatsClient client_;
    std::string name_;
    std::uint64_t read_ = 0;  ///< up to here
};

}  // namespace

std::unique_ptr<StreamReader> open_stream_reader(StreamAddress const& address) {
    return std::make_unique<JetStreamReader>(address);
}

}  // namespace roger
