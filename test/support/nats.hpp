// NATS servers under test, and what they have stored, read without the library that the server
// uses.
#pragma once

#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/reserved_port.hpp"
#include "support/star_network.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roger::test {

/// A nats-server with JetStream, on loopback or a machine of its own. Alone, or one of a cluster.
class NatsServer {
public:
    /// Why there can be none here; empty: there can.
    static std::string why_not();
    static std::string program();

    struct Setup {
        std::string name = "n1";
        std::string settings = {};             ///< more of its configuration file
        std::uint16_t route = 0;               ///< of a cluster: its port for the others
        std::vector<std::string> routes = {};  ///< HOST:PORT of all
        std::string host = "127.0.0.1";
        Network const* network = nullptr;  ///< where it runs; null: where the test is
    };

    /// Returns when it is ready, which one of a cluster is before there is a leader.
    NatsServer() : NatsServer(Setup()) {}
    explicit NatsServer(Setup setup);

    [[nodiscard]] std::string host_and_port() const;
    [[nodiscard]] std::string const& name() const { return setup_.name; }
    [[nodiscard]] pid_t id() const { return process_->id(); }

    /// What this server itself has of a stream, by its monitoring: "messages", "bytes", "last_seq"
    /// ... Nothing: it does not tell.
    [[nodiscard]] std::optional<nlohmann::json> own_state(std::string const& stream) const;

    /// Of a cluster: whether it is connected to none of the others.
    [[nodiscard]] bool is_alone() const;
    /// Whether a client that calls itself so is connected to it.
    [[nodiscard]] bool has_client(std::string const& name) const;

    /// Other settings, while it runs.
    void reload(std::string settings);
    /// kill -9.
    void kill();
    /// Again, with what it had stored.
    void start();

private:
    [[nodiscard]] nlohmann::json monitored(std::string const& path) const;
    void write_configuration() const;

    Setup setup_;
    TempDir directory_;
    ReservedPort port_;
    ReservedPort monitoring_port_;
    std::unique_ptr<Process> process_;
};

struct StoredBlock {
    std::string subject;
    std::uint64_t sequence = 0;
    std::string id;  ///< Roger's, from its headers
    std::string data;
};

/// Three of them.
class NatsCluster {
public:
    /// With a network, each on a machine of its own.
    explicit NatsCluster(StarNetwork const* network = nullptr);

    [[nodiscard]] NatsServer& node(std::size_t index) { return *nodes_.at(index); }
    [[nodiscard]] static std::size_t size() { return 3; }
    /// For --to: nats://HOST:PORT,.../SUBJECT.
    [[nodiscard]] std::string url(std::string const& subject) const;

    /// The index of the node that leads a stream, as one of them knows it. Waits until there is
    /// one.
    std::size_t leader_of(std::string const& stream, std::size_t asked = 0);
    /// Has a node lead a stream, and waits until it does.
    void make_leader(std::string const& stream, std::size_t index);
    /// All that a node itself has of a stream, which it leads by then.
    std::vector<StoredBlock> blocks_of(std::string const& stream, std::size_t index);
    /// Waits until every replica of the stream has all of it, by the leader's word and by its own.
    void wait_until_current(std::string const& stream);

private:
    std::vector<ReservedPort> route_ports_ = std::vector<ReservedPort>(size());
    std::vector<std::unique_ptr<NatsServer>> nodes_;
};

/// A connection that speaks NATS's text protocol: https://docs.nats.io/reference/nats-protocol
class NatsReader {
public:
    explicit NatsReader(NatsServer const& server);

    /// A request's answer, without headers. Nothing: nobody is there to answer it, or nobody has
    /// for some time. It is for the caller to ask again: a cluster without a leader gives none.
    std::optional<nlohmann::json> request(std::string const& subject,
                                          std::string const& payload = "",
                                          Duration most = Duration(2000));

    /// A stream, recreated if it is there. Throws Failure with JetStream's own words.
    void create_stream(nlohmann::json const& config);
    /// "config", "state", "cluster". Waits while it cannot be told.
    nlohmann::json info(std::string const& stream);
    /// All that it has, in its order.
    std::vector<StoredBlock> blocks(std::string const& stream);

private:
    std::string inbox_;
    Peer peer_;
    std::size_t requests_ = 0;
};

/// What a program says when it waits for JetStream.
inline constexpr char const* trying_again = "; trying again, for 30 s in all\n";

/// Skips the test where there can be no NATS server.
void need_nats();

/// The records of one subject, or of all that begin like that, in their order.
std::string records_of(std::vector<StoredBlock> const& blocks, std::string const& subject);

}  // namespace roger::test
