// Each fault here is a way to lose a message that was acknowledged.
#include "stream/stream_config.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace roger {

namespace {

/// JetStream says 0 or -1 where there is no limit, or nothing.
bool has_limit(nlohmann::json const& config, char const* key) {
    return config.value(key, std::int64_t{-1}) > 0;
}

std::string fault_of_limits(nlohmann::json const& config) {
    for (char const* const key : {"max_msgs", "max_bytes"}) {
        if (has_limit(config, key) && config.value("discard", "old") != "new") {
            return fmt::format(
                "it drops its oldest messages at {}={}: set its discard policy to new, so that it "
                "refuses instead (nats stream edit --discard=new)",
                key, config[key].get<std::int64_t>());
        }
    }
    if (has_limit(config, "max_msgs_per_subject") &&
        !config.value("discard_new_per_subject", false)) {
        return "it drops the oldest messages of a subject at max_msgs_per_subject: set that to -1";
    }
    return "";
}

std::string too_old(std::string_view version) {
    return fmt::format(
        "the NATS server is {}: 2.11 is the least, since an older one can "
        "acknowledge what it has not stored",
        version);
}

constexpr std::string_view before_levels = "a version before 2.11";

std::string version_in(nlohmann::json const& metadata) {
    std::string const version = metadata.value("_nats.ver", "");
    return version.empty() ? std::string(before_levels) : version;
}

std::string fault_of_version(nlohmann::json const& config) {
    nlohmann::json const metadata = config.value("metadata", nlohmann::json::object());
    // The API level has been told since 2.11, and before it there was none.
    if (metadata.contains("_nats.level")) {
        return "";
    }
    return too_old(version_in(metadata));
}

}  // namespace

nlohmann::json new_stream_config(std::string const& name, std::string const& subject,
                                 int replicas) {
    return {{"name", name},          {"subjects", {subject + ".>"}},
            {"retention", "limits"}, {"storage", "file"},
            {"discard", "new"},      {"num_replicas", replicas},
            {"max_consumers", -1},   {"max_msgs", -1},
            {"max_bytes", -1},       {"max_msg_size", -1},
            {"max_age", 0}};
}

std::string fault_of_server(nlohmann::json const& account) {
    return account.contains("/api/level"_json_pointer) ? "" : too_old(before_levels);
}

std::string fault_of_stream(nlohmann::json const& config) {
    if (std::string fault = fault_of_version(config); !fault.empty()) {
        return fault;
    }
    if (config.value("storage", "") != "file") {
        return "it keeps its messages in memory: a stream in files is needed (storage: file)";
    }
    if (std::string const retention = config.value("retention", "limits"); retention != "limits") {
        return fmt::format(
            "its retention policy is {}, with which messages go when they have been "
            "read: limits is needed",
            retention);
    }
    if (config.value("sealed", false)) {
        return "it is sealed, and takes no messages";
    }
    if (config.value("no_ack", false)) {
        return "it does not acknowledge what is published (no_ack)";
    }
    if (config.contains("subject_transform")) {
        return "it stores its messages under other subjects (subject_transform), where ours "
               "could not be looked for";
    }
    if (config.contains("mirror")) {
        return "it is a mirror of another stream, which nobody can publish to: name that one";
    }
    if (config.value("persist_mode", "default") != "default") {
        return "it acknowledges before it writes (persist_mode: async)";
    }
    return fault_of_limits(config);
}

bool drops_by_age(nlohmann::json const& config) {
    return has_limit(config, "max_age");
}

std::string storing_servers(nlohmann::json const& config) {
    int const replicas = config.value("num_replicas", 1);
    if (replicas == 1) {
        return "1 server (R1: not replicated)";
    }
    return fmt::format("{} of {} servers (R{})", replicas / 2 + 1, replicas, replicas);
}

std::size_t most_message_bytes(nlohmann::json const& config, std::size_t max_payload) {
    auto const own = config.value("max_msg_size", std::int64_t{-1});
    return own > 0 ? std::min(max_payload, static_cast<std::size_t>(own)) : max_payload;
}

std::string stream_name_for(std::string const& subject) {
    std::string name = subject;
    std::ranges::replace(name, '.', '_');
    return name;
}

}  // namespace roger
