// NATS servers under test.
#include "support/nats.hpp"

#include "fuzz/base64.hpp"
#include "support/deadline.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace roger::test {

namespace {

/// A header's value, from "NATS/1.0\r\nName: value\r\n...".
std::string header(std::string const& headers, std::string const& name) {
    std::size_t const at = headers.find('\n' + name + ": ");
    if (at == std::string::npos) {
        return "";
    }
    std::size_t const begin = at + name.size() + 3;
    return headers.substr(begin, headers.find('\r', begin) - begin);
}

/// Of a stream, as its leader tells.
bool is_current(nlohmann::json const& replica) {
    return replica.value("current", false) && !replica.value("offline", false);
}

/// Of one reader alone: what others of the cluster are answered would pile up where it does not
/// read, and have it cut off as a slow consumer.
std::string new_inbox() {
    static std::atomic<unsigned> readers = 0;
    return fmt::format("answers.{}", ++readers);
}

}  // namespace

std::string NatsServer::why_not() {
    static std::string const reason = [] {
        if (std::string_view(ROGER_NATS_SERVER).empty()) {
            return std::string("no nats-server is installed (script/bootstrap --test)");
        }
        Run const told = run({.program = ROGER_NATS_SERVER, .arguments = {"--version"}});
        // 2.11 is what Roger demands, and no version before 2.11 begins like that.
        std::string const version = told.out.substr(0, told.out.find('\n'));
        bool const old = version.find(" v2.") != std::string::npos &&
                         std::atoi(version.c_str() + version.find(" v2.") + 4) < 11;
        return old ? version + " is too old (2.11)" : std::string();
    }();
    return reason;
}

std::string NatsServer::program() {
    return ROGER_NATS_SERVER;
}

void need_nats() {
    if (std::string const reason = NatsServer::why_not(); !reason.empty()) {
        SKIP(reason);
    }
}

NatsServer::NatsServer(Setup setup) : setup_(std::move(setup)) {
    start();
}

std::string NatsServer::host_and_port() const {
    return fmt::format("{}:{}", setup_.host, port_.number());
}

nlohmann::json NatsServer::monitored(std::string const& path) const {
    Peer peer = Peer::connect(fmt::format("tcp:{}:{}", setup_.host, monitoring_port_.number()));
    peer.send("GET " + path + " HTTP/1.0\r\n\r\n");
    std::string const answer = peer.receive_all();
    return nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
}

bool NatsServer::is_alone() const {
    return monitored("/routez").at("num_routes") == 0;
}

bool NatsServer::has_client(std::string const& name) const {
    auto const clients = monitored("/connz").value("connections", nlohmann::json::array());
    return std::ranges::any_of(
        clients, [&](nlohmann::json const& client) { return client.value("name", "") == name; });
}

std::optional<nlohmann::json> NatsServer::own_state(std::string const& stream) const {
    auto const told = monitored("/jsz?streams=true");
    for (auto const& account : told.value("account_details", nlohmann::json::array())) {
        for (auto const& detail : account.value("stream_detail", nlohmann::json::array())) {
            if (detail.at("name") == stream) {
                return std::optional<nlohmann::json>(std::in_place, detail.at("state"));
            }
        }
    }
    return std::nullopt;
}

void NatsServer::kill() {
    process_->signal(SIGKILL);
    process_->wait_for_exit();
}

void NatsServer::reload(std::string settings) {
    setup_.settings = std::move(settings);
    write_configuration();
    process_->signal(SIGHUP);
    process_->err().read_until("Reloaded server configuration");
}

void NatsServer::start() {
    write_configuration();
    Launch const launch{.program = ROGER_NATS_SERVER,
                        .arguments = {"--config", directory_ / "nats.conf"}};
    process_ = std::make_unique<Process>(
        setup_.network == nullptr ? launch : setup_.network->inside(launch));
    process_->err().read_until("Server is ready");
}

void NatsServer::write_configuration() const {
    std::string configuration = fmt::format(
        "server_name: {}\nlisten: \"{}\"\nhttp: \"{}:{}\"\njetstream {{ store_dir: \"{}\" "
        "}}\n{}\n",
        setup_.name, host_and_port(), setup_.host, monitoring_port_.number(), directory_ / "store",
        setup_.settings);
    if (setup_.route != 0) {
        std::vector<std::string> routes;
        routes.reserve(setup_.routes.size());
        for (std::string const& route : setup_.routes) {
            routes.push_back(fmt::format("\"nats://{}\"", route));
        }
        configuration += fmt::format("cluster {{ name: test, listen: \"{}:{}\", routes: [{}] }}\n",
                                     setup_.host, setup_.route, fmt::join(routes, ", "));
    }
    write_file(directory_ / "nats.conf", configuration);
}

NatsCluster::NatsCluster(StarNetwork const* network) {
    std::vector<NatsServer::Setup> setups(size());
    std::vector<std::string> routes;
    for (std::size_t index = 0; index != size(); ++index) {
        NatsServer::Setup& setup = setups[index];
        setup.name = fmt::format("n{}", index + 1);
        setup.route = route_ports_.at(index).number();
        if (network != nullptr) {
            setup.host = StarNetwork::address_of(index);
            setup.network = &network->machine(index);
        }
        routes.push_back(fmt::format("{}:{}", setup.host, setup.route));
    }
    for (NatsServer::Setup& setup : setups) {
        setup.routes = routes;
        nodes_.push_back(std::make_unique<NatsServer>(setup));
    }
    // JetStream answers when the cluster has a leader.
    NatsReader reader(node(0));
    eventually("a leader of the cluster", [&] {
        auto const answer = reader.request("$JS.API.INFO");
        return answer && !answer->contains("error");
    });
}

std::string NatsCluster::url(std::string const& subject) const {
    std::vector<std::string> hosts;
    hosts.reserve(size());
    for (auto const& node : nodes_) {
        hosts.push_back(node->host_and_port());
    }
    return fmt::format("nats://{}/{}", fmt::join(hosts, ","), subject);
}

std::size_t NatsCluster::leader_of(std::string const& stream, std::size_t asked) {
    std::string leader;
    NatsReader reader(node(asked));
    eventually("a leader of " + stream, [&] {
        leader = reader.info(stream).at("cluster").value("leader", "");
        return !leader.empty();
    });
    auto const found =
        std::ranges::find(nodes_, leader, [](auto const& node) { return node->name(); });
    return static_cast<std::size_t>(found - nodes_.begin());
}

/// A leader that has not heard of that one yet steps down for any other.
void NatsCluster::make_leader(std::string const& stream, std::size_t index) {
    NatsReader reader(node(index));
    std::string const& name = node(index).name();
    std::string const preferred = fmt::format(R"({{"placement":{{"preferred":"{}"}}}})", name);
    eventually(name + " to lead " + stream, [&] {
        nlohmann::json const cluster = reader.info(stream).at("cluster");
        if (cluster.value("leader", "") == name) {
            return true;
        }
        auto const replicas = cluster.value("replicas", nlohmann::json::array());
        if (std::ranges::any_of(replicas, [&name](nlohmann::json const& replica) {
                return replica.value("name", "") == name && is_current(replica);
            })) {
            reader.request("$JS.API.STREAM.LEADER.STEPDOWN." + stream, preferred);
        }
        return false;
    });
}

std::vector<StoredBlock> NatsCluster::blocks_of(std::string const& stream, std::size_t index) {
    std::vector<StoredBlock> blocks;
    eventually(node(index).name() + " to lead " + stream + " while it is read", [&] {
        make_leader(stream, index);
        blocks = NatsReader(node(index)).blocks(stream);
        return leader_of(stream, index) == index;
    });
    return blocks;
}

void NatsCluster::wait_until_current(std::string const& stream) {
    NatsReader reader(node(0));
    eventually("every replica of " + stream + " to be current", [&] {
        nlohmann::json const cluster = reader.info(stream).at("cluster");
        auto const replicas = cluster.value("replicas", nlohmann::json::array());
        return !cluster.value("leader", "").empty() && replicas.size() == size() - 1 &&
               std::ranges::all_of(replicas, is_current);
    });
    eventually("every node to have the same of " + stream, [&] {
        auto const first = node(0).own_state(stream);
        return first && std::ranges::all_of(nodes_, [&](auto const& each) {
                   auto const own = each->own_state(stream);
                   return own && own->at("messages") == first->at("messages") &&
                          own->at("bytes") == first->at("bytes") &&
                          own->at("last_seq") == first->at("last_seq");
               });
    });
}

NatsReader::NatsReader(NatsServer const& server)
    : inbox_(new_inbox()), peer_(Peer::connect("tcp:" + server.host_and_port())) {
    peer_.receive_line();  // INFO
    peer_.send(
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"
        "\"lang\":\"test\",\"version\":\"1\",\"protocol\":1}\r\nSUB " +
        inbox_ + ".* 1\r\n");
}

std::optional<nlohmann::json> NatsReader::request(std::string const& subject,
                                                  std::string const& payload, Duration most) {
    std::string const inbox = fmt::format("{}.{}", inbox_, ++requests_);
    peer_.send(fmt::format("PUB {} {} {}\r\n{}\r\n", subject, inbox, payload.size(), payload));
    while (peer_.would_receive_within(most)) {
        std::string const line = peer_.receive_line();
        if (line.starts_with("PING")) {
            peer_.send("PONG\r\n");
        } else if (line.starts_with("-ERR")) {
            throw Failure("nats-server says " + legible(line));
        } else if (line.starts_with("MSG ") || line.starts_with("HMSG ")) {
            std::size_t const size = std::stoul(line.substr(line.rfind(' ') + 1));
            std::string const body = peer_.receive_exactly(size + 2);
            if (line.find(' ' + inbox + ' ') == std::string::npos) {
                continue;  // the answer to an earlier one
            }
            // With headers: a status, that nobody is there to answer.
            return line.starts_with("HMSG ")
                       ? std::nullopt
                       : std::optional(nlohmann::json::parse(body.substr(0, size)));
        }
    }
    return std::nullopt;
}

void NatsReader::create_stream(nlohmann::json const& config) {
    auto const answer = request("$JS.API.STREAM.CREATE." + config.at("name").get<std::string>(),
                                config.dump(), default_deadline);
    if (!answer || answer->contains("error")) {
        throw Failure("no stream: " + (answer ? answer->dump() : std::string("no answer")));
    }
}

nlohmann::json NatsReader::info(std::string const& stream) {
    std::optional<nlohmann::json> answer;
    eventually("to be told of the stream " + stream, [&] {
        answer = request("$JS.API.STREAM.INFO." + stream);
        return answer && answer->contains("config");
    });
    return *answer;
}

std::vector<StoredBlock> NatsReader::blocks(std::string const& stream) {
    nlohmann::json const state = info(stream).at("state");
    std::vector<StoredBlock> all;
    for (auto sequence = state.at("first_seq").get<std::uint64_t>();
         sequence != 0 && sequence <= state.at("last_seq").get<std::uint64_t>(); ++sequence) {
        std::optional<nlohmann::json> answer;
        eventually(fmt::format("message {} of {}", sequence, stream), [&] {
            answer = request("$JS.API.STREAM.MSG.GET." + stream,
                             fmt::format(R"({{"seq":{}}})", sequence));
            return answer && answer->contains("message");
        });
        nlohmann::json const& message = answer->at("message");
        all.push_back({.subject = message.at("subject"),
                       .sequence = sequence,
                       .id = header(decode_base64(message.value("hdrs", "")), "Roger-Block"),
                       .data = decode_base64(message.value("data", ""))});
    }
    return all;
}

std::string records_of(std::vector<StoredBlock> const& blocks, std::string const& subject) {
    std::string all;
    for (StoredBlock const& block : blocks) {
        if (block.subject.starts_with(subject)) {
            all += block.data;
        }
    }
    return all;
}

}  // namespace roger::test
