// Settings in words, as reports list them.
#include "load/settings_text.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace roger {

namespace {

/// Empty where the option is not listed.
std::string value_of(LoadSettings const& settings, std::string const& option) {
    auto const lines = settings_text(settings);
    auto const found =
        std::ranges::find(lines, option, &std::pair<std::string, std::string>::first);
    return found == lines.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("The settings that nobody changed are listed as well", "[load]") {
    LoadSettings const settings;
    CHECK(value_of(settings, "clients") == "100");
    CHECK(value_of(settings, "duration") == "10s");
    CHECK(value_of(settings, "messages").empty());
    CHECK(value_of(settings, "warmup") == "0ms");
    CHECK(value_of(settings, "threads") == "1");
    CHECK(value_of(settings, "rate") == "as fast as answers come");
    CHECK(value_of(settings, "arrivals").empty());
    CHECK(value_of(settings, "pipeline") == "1");
    CHECK(value_of(settings, "reconnect") == "never");
    CHECK(value_of(settings, "message") == "message {message} of client {client}");
    CHECK(value_of(settings, "line-ending") == "lf");
    CHECK(value_of(settings, "expect") == "I got your message");
    CHECK(value_of(settings, "ack-timeout") == "10s");
    CHECK(value_of(settings, "source").empty());
    CHECK(value_of(settings, "misbehave").empty());
    CHECK(value_of(settings, "audit").empty());
}

TEST_CASE("Settings are listed with their units", "[load]") {
    LoadSettings settings;
    settings.messages = 5000;
    settings.rate = RateSchedule(12'000);
    settings.arrivals = Arrivals::poisson;
    settings.per_connection = 3;
    settings.size = Distribution::fixed(2048);
    settings.line_ending = "\r\n";
    settings.expect = std::nullopt;
    settings.ack_timeout = std::nullopt;
    settings.sources = {asio::ip::make_address("127.0.0.2"), asio::ip::make_address("127.0.0.5")};
    settings.misbehaving = {{Misbehaviour::silent, 3}, {Misbehaviour::endless, 1}};
    settings.audit = true;
    CHECK(value_of(settings, "messages") == "5000");
    CHECK(value_of(settings, "duration").empty());
    CHECK(value_of(settings, "rate") == "12000/s");
    CHECK(value_of(settings, "arrivals") == "poisson");
    CHECK(value_of(settings, "reconnect") == "after 3 messages");
    CHECK(value_of(settings, "message") == "2KiB of letters");
    CHECK(value_of(settings, "line-ending") == "crlf");
    CHECK(value_of(settings, "expect") == "any");
    CHECK(value_of(settings, "ack-timeout") == "none");
    CHECK(value_of(settings, "source") == "127.0.0.2-127.0.0.5");
    CHECK(value_of(settings, "misbehave") == "silent=3,endless=1");
    CHECK(value_of(settings, "audit") == "on");
    settings.per_connection = 1;
    CHECK(value_of(settings, "reconnect") == "after 1 message");
    settings.size = Distribution{.low = 100, .high = 1000};
    CHECK(value_of(settings, "message") == "100B-1000B of letters");
    settings.think_time =
        Distribution{.low = 50, .high = 50, .kind = Distribution::Kind::exponential};
    CHECK(value_of(settings, "think-time") == "exp:50ms");
    settings.size.reset();
    settings.weights = {9, 0.5};
    CHECK(value_of(settings, "weights") == "9,0.5");
}

TEST_CASE("What the settings hold of the user's text is safe to print", "[load]") {
    LoadSettings settings;
    settings.texts = {"\x1b[2Jgone", "second", "third"};
    settings.expect = "a\tb";
    CHECK(value_of(settings, "message") == R"('\x1b[2Jgone', 'second', 'third')");
    CHECK(value_of(settings, "expect") == R"(a\x09b)");
}

TEST_CASE("Tests that differ in any message differ in their settings", "[load]") {
    for (std::size_t const count : {2U, 8U, 9U, 100U}) {
        LoadSettings settings;
        settings.texts.clear();
        for (std::size_t i = 0; i != count; ++i) {
            settings.texts.push_back(std::to_string(i));
        }
        CAPTURE(count);
        std::string const before = value_of(settings, "message");
        CHECK(before.size() < 100);
        CHECK(value_of(settings, "message") == before);
        for (std::string& text : settings.texts) {
            std::string const kept = std::exchange(text, "changed");
            CHECK(value_of(settings, "message") != before);
            text = kept;
        }
    }
}

TEST_CASE("Every kind of misbehaviour has a name of its own", "[load]") {
    CHECK(name_of(Misbehaviour::silent) == "silent");
    CHECK(name_of(Misbehaviour::slow) == "slow");
    CHECK(name_of(Misbehaviour::deaf) == "deaf");
    CHECK(name_of(Misbehaviour::half) == "half");
    CHECK(name_of(Misbehaviour::reset) == "reset");
    CHECK(name_of(Misbehaviour::endless) == "endless");
}

}  // namespace roger
