// Keeps a connection to one of several NATS servers, and asks JetStream.
#pragma once

#include "roger/log.hpp"
#include "stream/nats_connection.hpp"
#include "stream/stream_options.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace roger {

/// A connection that is lost is replaced by one to the next server that is there. From any thread.
/// Nothing waits longer for a server than it was told to, whatever that does or leaves undone.
class NatsClient {
public:
    /// Tries each server. Throws std::runtime_error with a sentence if none is there.
    NatsClient(StreamOptions options, Log log);
    ~NatsClient();
    NatsClient(NatsClient const&) = delete;
    NatsClient& operator=(NatsClient const&) = delete;

    /// Waits until there is one. Throws std::runtime_error with a sentence.
    [[nodiscard]] std::shared_ptr<NatsConnection> connection(std::chrono::milliseconds most);

    /// A request to JetStream's API, $JS.API. Throws std::runtime_error with a sentence.
    [[nodiscard]] nlohmann::json api(std::string const& request,
                                     nlohmann::json const& argument = {},
                                     std::chrono::milliseconds most = std::chrono::seconds(5));

    /// The stream that takes a subject; empty: none does. Throws like api().
    [[nodiscard]] std::string stream_of(std::string const& subject);

    /// Of the last connection: in bytes, headers included.
    [[nodiscard]] std::size_t max_payload() const;

    /// Whoever waits goes on with an error, now and in future.
    void close();

private:
    struct State;
    struct Attempt;

    std::shared_ptr<Attempt> start_attempt(std::string const& server) const;
    void connect_to_any();
    std::shared_ptr<NatsConnection> try_server(std::string const& server);
    void use(std::shared_ptr<NatsConnection> connection);
    void learn_servers(NatsConnection const& connection);
    void keep_connected();
    std::shared_ptr<NatsConnection> connect_again();

    StreamOptions options_;
    std::string url_;
    Log log_;
    std::vector<std::string> servers_;  ///< URLs: those given, and those that the last told of
    std::chrono::milliseconds pause_;   ///< before the next round of attempts
    std::map<std::string, std::shared_ptr<Attempt>> attempts_;  ///< those that go on, by server
    std::shared_ptr<State> state_;
    std::jthread keeper_;
};

}  // namespace roger
