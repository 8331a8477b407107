// A reader of JetStream: message by message, since each is a block of many records.
#include "stream/election_retry.hpp"
#include "stream/jetstream_api.hpp"
#include "stream/nats_client.hpp"
#include "stream/stream_reader.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

namespace {

class JetStreamReader final : public StreamReader {
public:
    JetStreamReader(StreamOptions options, Log log)
        : prefix_(options.address.subject + '.'),
          log_(std::move(log)),
          // That a connection is lost concerns nobody before it is needed.
          client_(std::move(options), [](LogLevel /*level*/, std::string_view /*line*/) {}) {
        std::string const subject = prefix_ + '>';
        ElectionRetry const retry(log_);
        for (std::string const& name : retry([&] { return streams_of(client_, subject); })) {
            streams_.push_back({.name = name, .read = last_sequence(name, retry)});
        }
        if (streams_.empty()) {
            throw std::runtime_error(
                fmt::format("no stream of {} takes {}", client_.url(), subject));
        }
    }

    void read_new(std::function<void(std::string_view block)> const& take,
                  std::stop_token const& stop) override {
        std::stop_callback const on_stop(stop, [this] { client_.close(); });
        for (Read& stream : streams_) {
            read_new(stream, take, stop);
        }
    }

private:
    struct Read {
        std::string name;
        std::uint64_t read;  ///< up to here
    };

    void read_new(Read& stream, std::function<void(std::string_view block)> const& take,
                  std::stop_token const& stop) {
        std::uint64_t const last = last_sequence(stream.name, ElectionRetry(log_, stop));
        if (last < stream.read) {
            stream.read = 0;  // it was recreated, or has lost all that it had
        }
        while (stream.read < last) {
            ++stream.read;
            NatsMessage const message =
                ask(ElectionRetry(log_, stop),
                    [&stream](NatsConnection const& connection, natsMsg** found, jsErrCode* code) {
                        return js_GetMsg(found, connection.jetstream(), stream.name.c_str(),
                                         stream.read, nullptr, code);
                    });
            // One that is not there was deleted meanwhile.
            if (message &&
                std::string_view(natsMsg_GetSubject(message.get())).starts_with(prefix_)) {
                take({natsMsg_GetData(message.get()),
                      static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))});
            }
        }
    }

    /// Of our subjects, which may not be all that the stream takes.
    [[nodiscard]] std::uint64_t last_sequence(std::string const& stream,
                                              ElectionRetry const& retry) {
        NatsMessage const message = ask(retry, [this, &stream](NatsConnection const& connection,
                                                               natsMsg** found, jsErrCode* code) {
            return js_GetLastMsg(found, connection.jetstream(), stream.c_str(),
                                 (prefix_ + '>').c_str(), nullptr, code);
        });
        return message ? natsMsg_GetSequence(message.get()) : 0;
    }

    /// Null: there is no such message.
    template <typename Get>
    [[nodiscard]] NatsMessage ask(ElectionRetry const& retry, Get const& get) {
        return retry([&] { return ask_once(get); });
    }

    template <typename Get>
    [[nodiscard]] NatsMessage ask_once(Get const& get) {
        auto const connection = client_.connection(request_timeout);
        unsigned const violations = connection->violations();
        natsMsg* found = nullptr;
        jsErrCode code{};
        natsStatus const status = get(*connection, &found, &code);
        NatsMessage message(found);
        if (status == NATS_OK || (status == NATS_NOT_FOUND && code == JSNoMessageFoundErr)) {
            client_.answered(connection);
            return message;
        }
        if (int const error = static_cast<int>(code); error == 0 || tells_of_no_leader(error)) {
            client_.not_answered(connection, status);
        }
        std::string const sentence =
            fmt::format("{}: {}", client_.url(), connection->why_failed(status, violations));
        if (code == JSStreamNotFoundErr || !connection->forbidden_since(violations).empty()) {
            throw std::runtime_error(sentence);
        }
        throw NatsUnavailable(sentence);
    }

    std::string prefix_;  ///< of our subjects
    Log log_;
    NatsClient client_;
    std::vector<Read> streams_;  ///< of two servers each may have its own
};

}  // namespace

std::unique_ptr<StreamReader> open_stream_reader(StreamOptions const& options, Log const& log) {
    return std::make_unique<JetStreamReader>(options, log);
}

}  // namespace roger
