// How a NATS server is reached.
#include "stream/nats_connection.hpp"

#include "net/signal_mask.hpp"
#include "protocol/escaped.hpp"
#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace roger {

namespace {

/// As good as none: when it has passed while the library (3.4.1, up to 3.7) waits for the first
/// PONG, it asks again and again without a pause. The largest that poll(2) takes is 24 days.
constexpr std::chrono::milliseconds connect_timeout = std::chrono::hours(24 * 20);
constexpr std::chrono::milliseconds write_timeout{2000};
/// A server that does not answer twice in a row is left for another.
constexpr std::chrono::milliseconds ping_interval{1000};
constexpr int most_pings_out = 2;

using Options = NatsOwned<natsOptions, natsOptions_Destroy>;

/// The library's once a connection is made: its last call, on_closed(), may come after the
/// connection was destroyed.
struct Callbacks {
    std::shared_ptr<std::atomic<unsigned>> violations;
    std::shared_ptr<std::atomic<bool>> closed;
    std::function<void()> lost;
};

/// Not by the URL, of which the library (3.4.1) takes user and password as they stand, undecoded.
void set_server(natsOptions* options, StreamAddress const& address, std::string const& host) {
    std::string const url = fmt::format("{}://{}", address.tls ? "tls" : "nats", host);
    require(natsOptions_SetURL(options, url.c_str()), "the server's address");
    if (!address.token.empty()) {
        require(natsOptions_SetToken(options, address.token.c_str()), "the token");
    }
    if (!address.user.empty()) {
        require(natsOptions_SetUserInfo(options, address.user.c_str(), address.password.c_str()),
                "user and password");
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

/// The library would connect again by itself, but its calls then wait for that, however long it
/// takes, and after some errors it gives up for good.
void set_times(natsOptions* options) {
    natsOptions_SetAllowReconnect(options, false);
    natsOptions_SetTimeout(options, connect_timeout.count());
    natsOptions_SetWriteDeadline(options, write_timeout.count());
    natsOptions_SetPingInterval(options, ping_interval.count());
    natsOptions_SetMaxPingsOut(options, most_pings_out);
}

void on_error(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsStatus error,
              void* callbacks) {
    if (error == NATS_NOT_PERMITTED) {
        ++*static_cast<Callbacks*>(callbacks)->violations;
    }
}

void on_closed(natsConnection* /*connection*/, void* callbacks) {
    std::unique_ptr<Callbacks> const last(static_cast<Callbacks*>(callbacks));
    *last->closed = true;
    last->lost();
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

NatsConnection::NatsConnection(StreamOptions const& options, std::string const& host,
                               std::function<void()> lost)
    : host_(host) {
    SignalsBlocked const for_its_threads;
    natsOptions* created = nullptr;
    require(natsOptions_Create(&created), "NATS");
    Options const owned(created);
    set_server(created, options.address, host);
    set_credentials(created, options);
    set_times(created);
    natsOptions_SetName(created, ("roger " + options.server).c_str());
    auto callbacks = std::make_unique<Callbacks>(
        Callbacks{.violations = violations_, .closed = closed_, .lost = std::move(lost)});
    natsOptions_SetErrorHandler(created, on_error, callbacks.get());
    natsOptions_SetClosedCB(created, on_closed, callbacks.get());
    natsConnection* connection = nullptr;
    natsStatus status = natsConnection_Connect(&connection, created);
    if (status == NATS_CONNECTION_AUTH_FAILED && !options.credentials_file.empty()) {
        // The library (3.4.1) leaves out a signature that begins with a zero byte: one in 256.
        status = natsConnection_Connect(&connection, created);
    }
    if (status != NATS_OK) {
        throw std::runtime_error(nats_reason(status));
    }
    std::ignore = callbacks.release();  // on_closed's
    connection_.reset(connection);
    max_payload_ = static_cast<std::size_t>(
        std::max<std::int64_t>(natsConnection_GetMaxPayload(connection), 0));
    jsCtx* jetstream = nullptr;
    require(natsConnection_JetStream(&jetstream, connection, nullptr), "JetStream");
    jetstream_.reset(jetstream);
}

std::string NatsConnection::why_closed() const {
    char const* reason = nullptr;
    natsStatus const status = natsConnection_GetLastError(connection_.get(), &reason);
    std::string_view const sentence = reason != nullptr ? reason : "";
    // The library keeps the sentence of an earlier error, and this one closes no connection.
    if (sentence.empty() || sentence.starts_with("Permissions Violation")) {
        return natsStatus_GetText(status == NATS_NOT_PERMITTED ? NATS_CONNECTION_CLOSED : status);
    }
    return escaped(sentence);
}

std::string NatsConnection::forbidden_since(unsigned violations) const {
    char const* sentence = nullptr;
    bool const is_forbidden =
        *violations_ != violations &&
        natsConnection_GetLastError(connection_.get(), &sentence) == NATS_NOT_PERMITTED;
    return is_forbidden && sentence != nullptr ? escaped(sentence) : "";
}

std::string NatsConnection::why_failed(natsStatus status, unsigned violations) const {
    std::string reason = status == NATS_TIMEOUT ? forbidden_since(violations) : "";
    return reason.empty() ? nats_reason(status) : reason;
}

std::vector<std::string> NatsConnection::other_servers() const {
    char** urls = nullptr;
    int count = 0;
    std::vector<std::string> hosts;
    if (natsConnection_GetDiscoveredServers(connection_.get(), &urls, &count) != NATS_OK) {
        return hosts;
    }
    for (int index = 0; index != count; ++index) {
        std::string_view const url = urls[index];
        hosts.emplace_back(url.substr(url.find_last_of('/') + 1));
        std::free(urls[index]);
    }
    std::free(static_cast<void*>(urls));
    return hosts;
}

}  // namespace roger
