// How the NATS servers are reached, and asked.
#include "stream/nats_connection.hpp"

#include "protocol/escaped.hpp"
#include "protocol/quote.hpp"
#include "stream/signals_blocked.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <stdexcept>
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

using Options = NatsOwned<natsOptions, natsOptions_Destroy>;

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

void set_times(natsOptions* options) {
    natsOptions_SetTimeout(options, connect_timeout.count());
    natsOptions_SetWriteDeadline(options, connect_timeout.count());
    natsOptions_SetMaxReconnect(options, -1);
    natsOptions_SetReconnectWait(options, reconnect_wait.count());
    natsOptions_SetReconnectJitter(options, reconnect_wait.count(), reconnect_wait.count());
    natsOptions_SetPingInterval(options, ping_interval.count());
    natsOptions_SetMaxPingsOut(options, most_pings_out);
    natsOptions_SetFailRequestsOnDisconnect(options, true);
    // What is published without a connection fails, rather than being sent whenever there is one.
    natsOptions_SetReconnectBufSize(options, 1);
}

}  // namespace

std::string nats_reason(natsStatus status) {
    natsStatus last = NATS_OK;
    char const* const detail = nats_GetLastError(&last);
    if (last != status || detail == nullptr || *detail == '\0') {
        return natsStatus_GetText(status);
    }
    // It begins with a place in the library: "(conn.c:733): ".
    std::string_view const sentence = detail;
    std::size_t const place_end = sentence.starts_with('(') ? sentence.find("): ") : sentence.npos;
    return escaped(place_end == sentence.npos ? sentence : sentence.substr(place_end + 3));
}

void require(natsStatus status, std::string_view what) {
    if (status != NATS_OK) {
        throw std::runtime_error(fmt::format("{}: {}", what, nats_reason(status)));
    }
}

NatsConnection::NatsConnection(StreamOptions const& options, Log log)
    : url_(to_string(options.address)), log_(std::move(log)) {
    connect(options);
}

NatsConnection::~NatsConnection() {
    closing_ = true;
    jetstream_.reset();
    connection_.reset();  // closes it
    nats_CloseAndWait(connect_timeout.count());
}

void NatsConnection::connect(StreamOptions const& options) {
    SignalsBlocked const for_its_threads;
    natsOptions* created = nullptr;
    require(natsOptions_Create(&created), "NATS");
    Options const owned(created);
    std::vector<char const*> servers;
    servers.reserve(options.address.servers.size());
    for (std::string const& server : options.address.servers) {
        servers.push_back(server.c_str());
    }
    require(natsOptions_SetServers(created, servers.data(), static_cast<int>(servers.size())),
            quote(url_));
    set_credentials(created, options);
    set_times(created);
    natsOptions_SetName(created, ("roger " + options.server).c_str());
    natsOptions_SetDisconnectedCB(created, on_disconnected, this);
    natsOptions_SetReconnectedCB(created, on_reconnected, this);
    natsOptions_SetClosedCB(created, on_closed, this);
    natsConnection* connection = nullptr;
    require(natsConnection_Connect(&connection, created), "cannot connect to " + url_);
    connection_.reset(connection);
    jsCtx* jetstream = nullptr;
    require(natsConnection_JetStream(&jetstream, connection, nullptr), url_);
    jetstream_.reset(jetstream);
}

nlohmann::json NatsConnection::api(std::string const& request,
                                   nlohmann::json const& argument) const {
    std::string const subject = "$JS.API." + request;
    std::string const text = argument.is_null() ? "" : argument.dump();
    natsMsg* answered = nullptr;
    natsStatus const status =
        natsConnection_Request(&answered, connection_.get(), subject.c_str(), text.data(),
                               static_cast<int>(text.size()), api_timeout.count());
    NatsMessage const answer(answered);
    if (status == NATS_NO_RESPONDERS) {
        throw std::runtime_error(
            fmt::format("{}: JetStream is not enabled there (nats-server --jetstream), or its "
                        "cluster has no leader yet",
                        url_));
    }
    require(status, fmt::format("{}: {}", url_, request));
    auto json = nlohmann::json::parse(
        std::string_view(natsMsg_GetData(answer.get()),
                         static_cast<std::size_t>(natsMsg_GetDataLength(answer.get()))),
        nullptr, false);
    if (!json.is_object()) {
        throw std::runtime_error(fmt::format("{}: {}: the answer is no JSON", url_, request));
    }
    if (json.contains("error")) {
        throw std::runtime_error(fmt::format(
            "{}: {}: {}", url_, request, escaped(json["error"].value("description", "an error"))));
    }
    return json;
}

/// A subject belongs to one stream at most.
std::string NatsConnection::stream_of(std::string const& subject) const {
    nlohmann::json const answer = api("STREAM.NAMES", {{"subject", subject}});
    auto const names = answer.find("streams");
    return names != answer.end() && names->is_array() && !names->empty()
               ? names->front().get<std::string>()
               : "";
}

std::size_t NatsConnection::max_payload() const {
    auto const payload = natsConnection_GetMaxPayload(connection_.get());
    return payload > 0 ? static_cast<std::size_t>(payload) : 0;
}

void NatsConnection::close() {
    closing_ = true;
    natsConnection_Close(connection_.get());
}

void NatsConnection::on_disconnected(natsConnection* /*connection*/, void* self) {
    static_cast<NatsConnection*>(self)->say(LogLevel::warning, "lost the connection to NATS");
}

void NatsConnection::on_reconnected(natsConnection* connection, void* self) {
    std::array<char, 64> id{};
    natsConnection_GetConnectedServerId(connection, id.data(), id.size());
    static_cast<NatsConnection*>(self)->say(
        LogLevel::info, fmt::format("connected to NATS again, to server {}", id.data()));
}

void NatsConnection::on_closed(natsConnection* connection, void* self) {
    auto* const closed = static_cast<NatsConnection*>(self);
    char const* reason = "";
    natsConnection_GetLastError(connection, &reason);
    closed->say(LogLevel::error,
                fmt::format("the connection to NATS was closed for good: {}", escaped(reason)));
    closed->closed_ = true;
}

void NatsConnection::say(LogLevel level, std::string const& sentence) const {
    if (!closing_) {
        log_(level, sentence);
    }
}

}  // namespace roger
