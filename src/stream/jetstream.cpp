// JetStream, by the NATS C client. Its calls wait, so none is made on an event loop's thread.
#include "protocol/quote.hpp"
#include "stream/signals_blocked.hpp"
#include "stream/stream.hpp"
#include "stream/stream_config.hpp"

#include <fmt/format.h>
#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds api_timeout{5000};
constexpr milliseconds connect_timeout{2000};
constexpr milliseconds reconnect_wait{100};
/// A server that does not answer twice in a row is left for another.
constexpr milliseconds ping_interval{1000};
constexpr int most_pings_out = 2;

constexpr char const* block_header = "Roger-Block";
constexpr char const* expected_stream_header = "Nats-Expected-Stream";
constexpr char const* expected_last_header = "Nats-Expected-Last-Subject-Sequence";

/// For what a message's headers take of max_payload.
constexpr std::size_t header_bytes = 512;

/// "wrong last sequence", with the number that it is and without: JetStream's error codes.
constexpr int wrong_last_sequence = JSStreamWrongLastSequenceErr;
constexpr int wrong_last_sequence_constant = 10164;

template <typename Object, void (*destroy)(Object*)>
struct Destroyer {
    void operator()(Object* object) const { destroy(object); }
};
template <typename Object, void (*destroy)(Object*)>
using Owned = std::unique_ptr<Object, Destroyer<Object, destroy>>;

using Options = Owned<natsOptions, natsOptions_Destroy>;
using Connection = Owned<natsConnection, natsConnection_Destroy>;
using Context = Owned<jsCtx, jsCtx_Destroy>;
using Message = Owned<natsMsg, natsMsg_Destroy>;
using PubAck = Owned<jsPubAck, jsPubAck_Destroy>;

/// What the calling thread's last call went wrong by.
std::string reason_of(natsStatus status) {
    natsStatus last = NATS_OK;
    char const* const detail = nats_GetLastError(&last);
    return last == status && detail != nullptr && *detail != '\0' ? detail
                                                                  : natsStatus_GetText(status);
}

void require(natsStatus status, std::string_view what) {
    if (status != NATS_OK) {
        throw std::runtime_error(fmt::format("{}: {}", what, reason_of(status)));
    }
}

void set_credentials(natsOptions* options, StreamOptions const& given) {
    if (!given.credentials_file.empty()) {
        require(natsOptions_SetUserCredentialsFromFiles(options, given.credentials_file.c_str(),
                                                        nullptr),
                "--creds " + quote(given.credentials_file));
    }
    if (given.address.tls || !given.ca_file.empty() || !given.certificate_file.empty()) {
        require(natsOptions_SetSecure(options, true), "TLS");
    }
    if (!given.ca_file.empty()) {
        require(natsOptions_LoadCATrustedCertificates(options, given.ca_file.c_str()),
                "--tlsca " + quote(given.ca_file));
    }
    if (!given.certificate_file.empty()) {
        require(natsOptions_LoadCertificatesChain(options, given.certificate_file.c_str(),
                                                  given.key_file.c_str()),
                fmt::format("--tlscert {} and --tlskey {}", quote(given.certificate_file),
                            quote(given.key_file)));
    }
}

/// A subject of the stream's. Used by one thread.
class JetStreamSubject final : public BlockStore {
public:
    JetStreamSubject(jsCtx* context, std::string stream, std::string subject)
        : context_(context), stream_(std::move(stream)), subject_(std::move(subject)) {}

    Result append(std::string_view block, std::string const& id, std::uint64_t expected_last,
                  milliseconds most) override {
        natsMsg* created = nullptr;
        natsStatus status = natsMsg_Create(&created, subject_.c_str(), nullptr, block.data(),
                                           static_cast<int>(block.size()));
        Message const message(created);
        for (auto const& [key, value] :
             {std::pair<char const*, std::string>(block_header, id),
              {expected_stream_header, stream_},
              {expected_last_header, fmt::format("{}", expected_last)}}) {
            if (status == NATS_OK) {
                status = natsMsgHeader_Set(message.get(), key, value.c_str());
            }
        }
        if (status != NATS_OK) {
            return {.reason = reason_of(status)};
        }
        jsPubOptions options{};
        options.MaxWait = most.count();
        jsPubAck* answered = nullptr;
        jsErrCode code{};
        status = js_PublishMsg(&answered, context_, message.get(), &options, &code);
        PubAck const ack(answered);
        if (status == NATS_OK && ack && ack->Sequence != 0) {
            return {.appended = Appended::stored, .sequence = ack->Sequence, .reason = {}};
        }
        int const error = static_cast<int>(code);
        if (error == wrong_last_sequence || error == wrong_last_sequence_constant) {
            return {.appended = Appended::conflict, .sequence = 0, .reason = {}};
        }
        return {.reason = status == NATS_OK ? "an answer without a number" : reason_of(status)};
    }

    std::optional<LastBlock> last(milliseconds most, std::string& reason) override {
        jsOptions options{};
        jsOptions_Init(&options);
        options.Wait = most.count();
        natsMsg* found = nullptr;
        jsErrCode code{};
        natsStatus const status =
            js_GetLastMsg(&found, context_, stream_.c_str(), subject_.c_str(), &options, &code);
        Message const message(found);
        if (status == NATS_NOT_FOUND && code == JSNoMessageFoundErr) {
            return LastBlock{};
        }
        if (status != NATS_OK) {
            reason = reason_of(status);
            return std::nullopt;
        }
        char const* id = nullptr;
        if (natsMsgHeader_Get(message.get(), block_header, &id) != NATS_OK) {
            id = "";
        }
        return LastBlock{.sequence = natsMsg_GetSequence(message.get()), .id = id};
    }

private:
    jsCtx* context_;
    std::string stream_;
    std::string subject_;
};

class JetStream final : public Stream {
public:
    JetStream(StreamOptions options, Log log)
        : options_(std::move(options)), log_(std::move(log)) {}

    /// Throws std::runtime_error if there is no stream, or none to rely upon.
    void open() {
        connect();
        name_ = find_or_create();
        config_ = api("STREAM.INFO." + name_, {}).at("config");
        if (std::string const fault = fault_of_stream(config_); !fault.empty()) {
            throw std::runtime_error(fmt::format("the stream {} of {}: {}", quote(name_),
                                                 to_string(options_.address), fault));
        }
    }

    ~JetStream() override {
        closing_ = true;
        context_.reset();
        connection_.reset();  // closes it
        nats_CloseAndWait(connect_timeout.count());
    }

    std::unique_ptr<BlockStore> subject_of(std::size_t loop) override {
        return std::make_unique<JetStreamSubject>(context_.get(), name_, subject(loop));
    }

    [[nodiscard]] std::size_t most_bytes() const override {
        auto const payload = natsConnection_GetMaxPayload(connection_.get());
        std::size_t const most = most_message_bytes(
            config_, payload > 0 ? static_cast<std::size_t>(payload) : std::size_t{0});
        return most - std::min(most, header_bytes);
    }

    [[nodiscard]] std::string meaning() const override {
        return fmt::format(
            "acknowledged = stored in the stream {} by {}; on disk by then if they have "
            "sync_interval: always",
            name_, storing_servers(config_));
    }

    void close() override {
        closing_ = true;
        natsConnection_Close(connection_.get());
    }

private:
    [[nodiscard]] std::string subject(std::size_t loop) const {
        return fmt::format("{}.{}.{}", options_.address.subject, options_.server, loop);
    }

    void connect() {
        SignalsBlocked const for_its_threads;
        natsOptions* created = nullptr;
        require(natsOptions_Create(&created), "NATS");
        Options const options(created);
        std::vector<char const*> servers;
        for (std::string const& server : options_.address.servers) {
            servers.push_back(server.c_str());
        }
        require(
            natsOptions_SetServers(options.get(), servers.data(), static_cast<int>(servers.size())),
            "--to " + quote(to_string(options_.address)));
        set_credentials(options.get(), options_);
        natsOptions_SetName(options.get(), ("roger " + options_.server).c_str());
        natsOptions_SetTimeout(options.get(), connect_timeout.count());
        natsOptions_SetMaxReconnect(options.get(), -1);
        natsOptions_SetReconnectWait(options.get(), reconnect_wait.count());
        natsOptions_SetReconnectJitter(options.get(), reconnect_wait.count(),
                                       reconnect_wait.count());
        natsOptions_SetPingInterval(options.get(), ping_interval.count());
        natsOptions_SetMaxPingsOut(options.get(), most_pings_out);
        natsOptions_SetFailRequestsOnDisconnect(options.get(), true);
        natsOptions_SetWriteDeadline(options.get(), connect_timeout.count());
        natsOptions_SetDisconnectedCB(options.get(), on_disconnected, this);
        natsOptions_SetReconnectedCB(options.get(), on_reconnected, this);
        natsConnection* connection = nullptr;
        require(natsConnection_Connect(&connection, options.get()),
                "cannot connect to " + to_string(options_.address));
        connection_.reset(connection);
        jsCtx* context = nullptr;
        require(natsConnection_JetStream(&context, connection_.get(), nullptr), "JetStream");
        context_.reset(context);
    }

    /// The stream that takes our subject.
    std::string find_or_create() {
        nlohmann::json const answer = api("STREAM.NAMES", {{"subject", subject(0)}});
        std::vector<std::string> names;
        if (answer.contains("streams") && answer["streams"].is_array()) {
            names = answer["streams"].get<std::vector<std::string>>();
        }
        std::string const& wanted = options_.stream;
        if (names.empty() && options_.created_replicas) {
            return create(wanted.empty() ? stream_name_for(options_.address.subject) : wanted);
        }
        if (names.empty()) {
            throw std::runtime_error(
                fmt::format("no stream of {} takes {}.>: --create-stream makes one",
                            to_string(options_.address), options_.address.subject));
        }
        // A subject belongs to one stream at most.
        if (!wanted.empty() && wanted != names.front()) {
            throw std::runtime_error(
                fmt::format("--stream {}: the subject {} belongs to the stream {}", quote(wanted),
                            subject(0), quote(names.front())));
        }
        return names.front();
    }

    std::string create(std::string const& name) {
        api("STREAM.CREATE." + name,
            new_stream_config(name, options_.address.subject, *options_.created_replicas));
        return name;
    }

    /// A request to $JS.API. Throws std::runtime_error.
    nlohmann::json api(std::string const& request, nlohmann::json const& argument) {
        std::string const subject = "$JS.API." + request;
        std::string const text = argument.is_null() ? "" : argument.dump();
        natsMsg* answered = nullptr;
        natsStatus const status =
            natsConnection_Request(&answered, connection_.get(), subject.c_str(), text.data(),
                                   static_cast<int>(text.size()), api_timeout.count());
        Message const answer(answered);
        if (status == NATS_NO_RESPONDERS) {
            throw std::runtime_error(
                fmt::format("{}: JetStream is not enabled there, or its cluster has no leader yet "
                            "(nats-server --jetstream)",
                            to_string(options_.address)));
        }
        require(status, fmt::format("{}: {}", to_string(options_.address), request));
        auto json = nlohmann::json::parse(
            std::string_view(natsMsg_GetData(answer.get()),
                             static_cast<std::size_t>(natsMsg_GetDataLength(answer.get()))),
            nullptr, false);
        if (json.is_discarded()) {
            throw std::runtime_error(
                fmt::format("{}: {}: the answer is no JSON", to_string(options_.address), request));
        }
        if (json.contains("error")) {
            throw std::runtime_error(fmt::format("{}: {}: {}", to_string(options_.address), request,
                                                 json["error"].value("description", "an error")));
        }
        return json;
    }

    static void on_disconnected(natsConnection* /*connection*/, void* self) {
        static_cast<JetStream*>(self)->say(LogLevel::warning, "lost the connection to NATS");
    }
    static void on_reconnected(natsConnection* connection, void* self) {
        std::array<char, 64> id{};
        natsConnection_GetConnectedServerId(connection, id.data(), id.size());
        static_cast<JetStream*>(self)->say(
            LogLevel::info, fmt::format("connected to NATS again, to server {}", id.data()));
    }
    void say(LogLevel level, std::string const& sentence) const {
        if (!closing_) {
            log_(level, sentence);
        }
    }

    StreamOptions options_;
    Log log_;
    std::atomic<bool> closing_ = false;
    Connection connection_;
    Context context_;
    std::string name_;
    nlohmann::json config_;
};

}  // namespace

std::unique_ptr<Stream> open_stream(StreamOptions const& options, Log const& log) {
    auto stream = std::make_unique<JetStream>(options, log);
    stream->open();
    return stream;
}

}  // namespace roger
