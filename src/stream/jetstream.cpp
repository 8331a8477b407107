// A stream of JetStream's, to be published to.
#include "protocol/quote.hpp"
#include "stream/election_retry.hpp"
#include "stream/jetstream_api.hpp"
#include "stream/nats_client.hpp"
#include "stream/stream.hpp"
#include "stream/stream_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace roger {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr char const* block_header = "Roger-Block";
constexpr char const* expected_stream_header = "Nats-Expected-Stream";
constexpr char const* expected_last_header = "Nats-Expected-Last-Subject-Sequence";
/// On the stream's own message, that those before it have gone.
constexpr char const* marker_header = "Nats-Marker-Reason";

/// For what a message's headers take of its length.
constexpr std::size_t header_bytes = 512;

/// "wrong last sequence", with the number that it is and without: JetStream's error codes.
constexpr int wrong_last_sequence = JSStreamWrongLastSequenceErr;
constexpr int wrong_last_sequence_constant = 10164;

bool tells_of_conflict(int error_code) {
    return error_code == wrong_last_sequence || error_code == wrong_last_sequence_constant;
}

using PubAck = NatsOwned<jsPubAck, jsPubAck_Destroy>;

/// What the stream is configured to, as far as is known: it can be edited while it is used. From
/// any thread.
class StreamTerms {
public:
    /// What changes the meaning of an acknowledgement is told to `log`.
    StreamTerms(std::string name, nlohmann::json config, Log log)
        : name_(std::move(name)), config_(std::move(config)), log_(std::move(log)) {}

    void update(nlohmann::json const& config) {
        bool changed = false;
        {
            std::lock_guard const lock(guard_);
            changed = storing_servers(config) != storing_servers(config_);
            config_ = config;
        }
        if (changed) {
            log_(LogLevel::warning,
                 fmt::format("the stream has another number of replicas now: {}", ack_guarantee()));
        }
    }

    [[nodiscard]] std::size_t most_bytes(std::size_t max_payload) const {
        std::lock_guard const lock(guard_);
        std::size_t const most = most_message_bytes(config_, max_payload);
        return most - std::min(most, header_bytes);
    }

    [[nodiscard]] std::string ack_guarantee() const {
        std::lock_guard const lock(guard_);
        return fmt::format(
            "acknowledged = stored in the stream {} by {}; on disk by then if the NATS servers "
            "have sync_interval: always",
            name_, storing_servers(config_));
    }

private:
    std::string name_;
    mutable std::mutex guard_;
    nlohmann::json config_;
    Log log_;
};

/// A subject of the stream's. Used by one thread.
class JetStreamSubject final : public BlockStore {
public:
    JetStreamSubject(NatsClient& client, StreamTerms& terms, std::string stream,
                     std::string subject)
        : client_(client),
          terms_(terms),
          stream_(std::move(stream)),
          subject_(std::move(subject)) {}

    Result append(std::string_view block, std::string const& id, std::uint64_t expected_last,
                  milliseconds most) override try {
        auto const end = Clock::now() + most;
        auto const connection = client_.connection(most);
        unsigned const violations = connection->violations();
        appended_through_ = connection;
        natsMsg* created = nullptr;
        natsStatus status = natsMsg_Create(&created, subject_.c_str(), nullptr, block.data(),
                                           static_cast<int>(block.size()));
        NatsMessage const message(created);
        for (auto const& [key, value] :
             {std::pair<char const*, std::string>(block_header, id),
              {expected_stream_header, stream_},
              {expected_last_header, fmt::format("{}", expected_last)}}) {
            if (status == NATS_OK) {
                status = natsMsgHeader_Set(message.get(), key, value.c_str());
            }
        }
        if (status != NATS_OK) {
            return {.reason = nats_reason(status)};
        }
        jsPubOptions options{};
        options.MaxWait = time_until(end).count();
        jsPubAck* answered = nullptr;
        jsErrCode code{};
        status = js_PublishMsg(&answered, connection->jetstream(), message.get(), &options, &code);
        PubAck const ack(answered);
        int const error = static_cast<int>(code);
        tell_client(connection, status, error);
        if (status == NATS_OK && ack && is_ours(*ack, expected_last)) {
            return {.appended = Appended::stored, .sequence = ack->Sequence, .reason = {}};
        }
        if (tells_of_conflict(error)) {
            return {.appended = Appended::conflict, .sequence = 0, .reason = {}};
        }
        return {.reason = status == NATS_OK ? "an answer that is not the stream's"
                                            : connection->why_failed(status, violations)};
    } catch (std::runtime_error const& no_connection) {
        return {.reason = no_connection.what()};
    }

    std::optional<LastBlock> last(milliseconds most, std::string& reason) override try {
        auto const end = Clock::now() + most;
        // It may have been changed, or recreated.
        nlohmann::json const info = ask_jetstream(client_, "STREAM.INFO." + stream_, {}, most);
        reason = fault_of_stream(info.at("config"));
        if (!reason.empty()) {
            return std::nullopt;
        }
        terms_.update(info.at("config"));
        auto const connection = client_.connection(time_until(end));
        unsigned const violations = connection->violations();
        jsOptions options{};
        jsOptions_Init(&options);
        options.Wait = time_until(end).count();
        natsMsg* found = nullptr;
        jsErrCode code{};
        natsStatus const status = js_GetLastMsg(&found, connection->jetstream(), stream_.c_str(),
                                                subject_.c_str(), &options, &code);
        NatsMessage const message(found);
        bool const expires = drops_by_age(info.at("config"));
        if (status == NATS_NOT_FOUND && code == JSNoMessageFoundErr) {
            return LastBlock{.sequence = 0, .id = {}, .is_marker = false, .expires = expires};
        }
        if (status != NATS_OK) {
            reason = connection->why_failed(status, violations);
            client_.not_answered(connection, status);
            return std::nullopt;
        }
        return LastBlock{.sequence = natsMsg_GetSequence(message.get()),
                         .id = header(message, block_header),
                         .is_marker = !header(message, marker_header).empty(),
                         .expires = expires};
    } catch (std::exception const& error) {
        reason = error.what();
        return std::nullopt;
    }

    /// Where it has been asked for through a connection that has gone since, that one is no longer
    /// judged.
    void found_stored() override {
        if (auto const connection = appended_through_.lock()) {
            client_.answered(connection);
        }
    }

private:
    /// Empty: it has none of that name.
    static std::string header(NatsMessage const& message, char const* name) {
        char const* value = nullptr;
        return natsMsgHeader_Get(message.get(), name, &value) == NATS_OK ? value : "";
    }

    /// A server that was a leader, and has lost the others, tells for a while where a subject ends,
    /// and never stores anything: so what it reads, and a conflict, say nothing.
    void tell_client(std::shared_ptr<NatsConnection> const& connection, natsStatus status,
                     int error) {
        if (status != NATS_OK && (error == 0 || tells_of_no_leader(error))) {
            client_.not_answered(connection, status);
        } else if (!tells_of_conflict(error)) {
            client_.answered(connection);
        }
    }

    /// Other responders of the account can hear what is published, and answer first. We send no ids
    /// by which the stream could call a message a duplicate.
    [[nodiscard]] bool is_ours(jsPubAck const& ack, std::uint64_t expected_last) const {
        return ack.Stream != nullptr && ack.Stream == stream_ && !ack.Duplicate &&
               ack.Sequence > expected_last;
    }

    NatsClient& client_;
    StreamTerms& terms_;
    std::string stream_;
    std::string subject_;
    std::weak_ptr<NatsConnection> appended_through_;  ///< the last attempt
};

class JetStream final : public Stream {
public:
    JetStream(StreamOptions options, Log const& log)
        : options_(std::move(options)),
          client_(options_, log),
          retry_(log),
          name_(find_or_create()),
          terms_(name_, sound_config(), log) {}

    std::unique_ptr<BlockStore> subject_of(std::size_t loop) override {
        return std::make_unique<JetStreamSubject>(client_, terms_, name_, subject(loop));
    }

    [[nodiscard]] std::size_t most_bytes() const override {
        return terms_.most_bytes(client_.max_payload());
    }

    [[nodiscard]] std::string ack_guarantee() const override { return terms_.ack_guarantee(); }

    void close() override { client_.close(); }

private:
    [[nodiscard]] nlohmann::json sound_config() {
        nlohmann::json config =
            retry_([&] { return ask_jetstream(client_, "STREAM.INFO." + name_, {}); }).at("config");
        if (std::string const fault = fault_of_stream(config); !fault.empty()) {
            throw std::runtime_error(
                fmt::format("the stream {} of {}: {}", quote(name_), client_.url(), fault));
        }
        return config;
    }

    [[nodiscard]] std::string subject(std::size_t loop) const {
        return fmt::format("{}.{}.{}", options_.address.subject, options_.server, loop);
    }

    /// The name of the stream that takes our subjects.
    [[nodiscard]] std::string find_or_create() {
        if (options_.created_replicas && streams_taking(subject(0)).empty()) {
            create();
        }
        std::string const name = stream_of_loop(0);
        for (std::size_t loop = 1; loop < options_.loops; ++loop) {
            if (std::string const other = stream_of_loop(loop); other != name) {
                throw std::runtime_error(fmt::format(
                    "the subject {} belongs to the stream {}, and {} to {}: one stream has to take "
                    "all of {}.{}.>",
                    subject(0), quote(name), subject(loop), quote(other), options_.address.subject,
                    options_.server));
            }
        }
        return name;
    }

    [[nodiscard]] std::vector<std::string> streams_taking(std::string const& subject) {
        return retry_([&] { return streams_of(client_, subject); });
    }

    [[nodiscard]] std::string stream_of_loop(std::size_t loop) {
        auto const names = streams_taking(subject(loop));
        if (names.empty()) {
            throw std::runtime_error(
                fmt::format("no stream of {} takes {}: --create-stream makes one", client_.url(),
                            subject(loop)));
        }
        std::string const& name = names.front();
        if (std::string const& wanted = options_.stream; !wanted.empty() && wanted != name) {
            throw std::runtime_error(
                fmt::format("--stream {}: the subject {} belongs to the stream {}", quote(wanted),
                            subject(loop), quote(name)));
        }
        return name;
    }

    void create() try {
        // A stream that would be refused is not to be left behind.
        if (std::string const fault =
                fault_of_server(retry_([&] { return ask_jetstream(client_, "INFO", {}); }));
            !fault.empty()) {
            throw std::runtime_error(fmt::format("--create-stream: {}: {}", client_.url(), fault));
        }
        std::string const name =
            options_.stream.empty() ? stream_name_for(options_.address.subject) : options_.stream;
        nlohmann::json const config =
            new_stream_config(name, options_.address.subject, *options_.created_replicas);
        retry_([&] { return ask_jetstream(client_, "STREAM.CREATE." + name, config); });
    } catch (JetStreamError const& error) {
        if (error.code() == JSStreamReplicasNotSupportedErr) {
            throw std::runtime_error(fmt::format(
                "{}: --create-stream=1 makes a stream that is not replicated", error.what()));
        }
        throw;
    }

    StreamOptions options_;
    NatsClient client_;
    ElectionRetry retry_;  ///< of what the start asks
    std::string name_;
    StreamTerms terms_;
};

}  // namespace

std::unique_ptr<Stream> open_stream(StreamOptions const& options, Log const& log) {
    try {
        return std::make_unique<JetStream>(options, log);
    } catch (nlohmann::json::exception const& error) {
        throw std::runtime_error(fmt::format("{}: an answer that is not JetStream's: {}",
                                             to_string(options.address), error.what()));
    }
}

}  // namespace roger
