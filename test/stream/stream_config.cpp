// Which streams can keep what is acknowledged.
#include "stream/stream_config.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace roger::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// As a server of 2.11 tells of one that --create-stream has made.
nlohmann::json sound() {
    nlohmann::json config = new_stream_config("LOG", "LOG", 3);
    config["metadata"] = {{"_nats.ver", "2.11.0"}, {"_nats.level", "1"}};
    return config;
}

std::string fault_with(nlohmann::json const& change) {
    nlohmann::json config = sound();
    config.update(change);
    return fault_of_stream(config);
}

}  // namespace

TEST_CASE("A stream that Roger makes is one to rely upon", "[stream]") {
    CHECK(fault_of_stream(sound()).empty());
    CHECK(sound()["subjects"] == nlohmann::json{"LOG.>"});
    CHECK(storing_servers(sound()) == "2 of 3 servers (R3)");
    CHECK(storing_servers({{"num_replicas", 5}}) == "3 of 5 servers (R5)");
    CHECK(storing_servers({{"num_replicas", 1}}) == "1 server (R1: not replicated)");
    CHECK(stream_name_for("logs.of.all") == "logs_of_all");
}

TEST_CASE("A stream that could lose what was acknowledged is refused", "[stream]") {
    CHECK_THAT(fault_with({{"metadata", nlohmann::json::object()}}),
               ContainsSubstring("a version before 2.11: 2.11 is the least"));
    CHECK_THAT(fault_with({{"storage", "memory"}}), ContainsSubstring("in memory"));
    CHECK_THAT(fault_with({{"retention", "workqueue"}}), ContainsSubstring("workqueue"));
    CHECK_THAT(fault_with({{"retention", "interest"}}), ContainsSubstring("interest"));
    CHECK_THAT(fault_with({{"sealed", true}}), ContainsSubstring("sealed"));
    CHECK_THAT(fault_with({{"no_ack", true}}), ContainsSubstring("no_ack"));
    CHECK_THAT(fault_with({{"mirror", {{"name", "OTHER"}}}}), ContainsSubstring("mirror"));
    CHECK_THAT(fault_with({{"subject_transform", {{"src", "LOG.>"}, {"dest", "X.>"}}}}),
               ContainsSubstring("subject_transform"));
    CHECK_THAT(fault_with({{"persist_mode", "async"}}), ContainsSubstring("persist_mode"));
    CHECK(fault_with({{"persist_mode", "default"}}).empty());
}

TEST_CASE("A server that is too old for any stream is known before there is one", "[stream]") {
    CHECK(fault_of_server({{"api", {{"level", 1}, {"total", 0}}}}).empty());
    CHECK_THAT(fault_of_server({{"api", {{"total", 0}}}}),
               ContainsSubstring("a version before 2.11: 2.11 is the least"));
}

TEST_CASE("A stream that drops messages because of their age is known", "[stream]") {
    CHECK_FALSE(drops_by_age(sound()));
    CHECK(drops_by_age({{"max_age", 1'000'000'000}}));
}

TEST_CASE("A stream may have limits if it refuses what exceeds them", "[stream]") {
    for (char const* const limit : {"max_msgs", "max_bytes"}) {
        CAPTURE(limit);
        CHECK_THAT(fault_with({{limit, 1000}, {"discard", "old"}}), ContainsSubstring("max_"));
        CHECK(fault_with({{limit, 1000}, {"discard", "new"}}).empty());
        CHECK(fault_with({{limit, -1}, {"discard", "old"}}).empty());
        CHECK(fault_with({{limit, 0}, {"discard", "old"}}).empty());
    }
    CHECK_THAT(fault_with({{"max_msgs_per_subject", 10}}),
               ContainsSubstring("max_msgs_per_subject"));
    CHECK(fault_with({{"max_msgs_per_subject", 10}, {"discard_new_per_subject", true}}).empty());
    CHECK(fault_with({{"max_age", 3'600'000'000'000}}).empty());
}

TEST_CASE("A message is as long as server and stream allow", "[stream]") {
    CHECK(most_message_bytes({{"max_msg_size", -1}}, 1'048'576) == 1'048'576);
    CHECK(most_message_bytes({{"max_msg_size", 1000}}, 1'048'576) == 1000);
    CHECK(most_message_bytes({{"max_msg_size", 2'000'000}}, 1'048'576) == 1'048'576);
    CHECK(most_message_bytes(nlohmann::json::object(), 1'048'576) == 1'048'576);
}

}  // namespace roger::test
