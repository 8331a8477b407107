// Keeps a connection to one of several NATS servers.
#pragma once

#include "roger/log.hpp"
#include "stream/host_list.hpp"
#include "stream/nats_connection.hpp"
#include "stream/stream_options.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace roger {

/// A sentence: nobody answers who could. Somebody may soon.
class NatsUnavailable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A connection that is lost is replaced by one to the next server that is there, and so is one
/// through which nothing can be stored though another server is known. From any thread.
/// Nothing waits longer for a server than it was told to, whatever that does or leaves undone.
class NatsClient {
public:
    /// Tries each server. Throws std::runtime_error with a sentence if none is there.
    NatsClient(StreamOptions options, Log log);
    ~NatsClient();
    NatsClient(NatsClient const&) = delete;
    NatsClient& operator=(NatsClient const&) = delete;

    /// Waits until there is one. Throws NatsUnavailable.
    [[nodiscard]] std::shared_ptr<NatsConnection> connection(std::chrono::milliseconds most);

    /// What became of a request to JetStream over a connection: it was answered ...
    void answered(std::shared_ptr<NatsConnection> const& connection);
    /// ... or was not, or by a server that does not know the stream's leader.
    void not_answered(std::shared_ptr<NatsConnection> const& connection, natsStatus status);

    /// Of the last connection: in bytes, headers included.
    [[nodiscard]] std::size_t max_payload() const;

    /// For people to read: without user and password.
    [[nodiscard]] std::string const& url() const { return url_; }

    /// Whoever waits goes on with an error, now and in future.
    void close();

private:
    struct State;
    struct Attempt;
    struct Unconnected {};
    using Attempts = std::vector<std::shared_ptr<Attempt>>;  ///< from the oldest to the youngest

    NatsClient(Unconnected, StreamOptions options, Log log);

    std::shared_ptr<Attempt> start_attempt(std::string const& host) const;
    void connect_to_any();
    std::shared_ptr<NatsConnection> try_host(std::string const& host);
    std::shared_ptr<Attempt> take_done(Attempts& attempts, std::chrono::milliseconds most);
    /// With the state's lock.
    [[nodiscard]] bool has_done_attempt() const;
    void forget_done_attempts();
    void leave_threads();
    void use(std::string const& host, std::shared_ptr<NatsConnection> connection);
    [[nodiscard]] bool learns_hosts() const { return !options_.address.tls; }
    void keep_connected();
    std::shared_ptr<NatsConnection> connect_again();

    StreamOptions options_;
    std::string url_;
    Log log_;
    HostList hosts_;                            ///< the keeper's, once it runs
    std::chrono::milliseconds pause_;           ///< before the next round of attempts
    std::map<std::string, Attempts> attempts_;  ///< those that go on, by host
    std::shared_ptr<State> state_;
    std::jthread keeper_;
};

}  // namespace roger
