// Terminal: what a hostile message becomes in each format, and how it is turned back.
#include "protocol/escaped.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace roger::test;
using namespace std::string_literals;

namespace {

struct Sample {
    std::string message;
    std::string text;  ///< its record under --show text
};

std::vector<Sample> samples() {
    return {
        {"plain", "plain"},
        {"", ""},
        {" spaces kept ", " spaces kept "},
        {R"(back\slash)", R"(back\\slash)"},
        {R"(forged\x0a)", R"(forged\\x0a)"},
        {"tab\there", R"(tab\x09here)"},
        {"\x1b[2J\x1b[H\x1b]0;title\x07", R"(\x1b[2J\x1b[H\x1b]0;title\x07)"},
        {"over\rwritten", R"(over\x0dwritten)"},
        {"back\b\b\b\bspace", R"(back\x08\x08\x08\x08space)"},
        {"form\fvertical\v", R"(form\x0cvertical\x0b)"},
        {"shift\x0e\x0f", R"(shift\x0e\x0f)"},
        {"del\x7f", R"(del\x7f)"},
        {"nul\0nul"s, R"(nul\x00nul)"},
        // C1: as code points, which terminals obey, and as bytes, which is no UTF-8.
        {"csi \xc2\x9b"
         "2J",
         R"(csi \xc2\x9b2J)"},
        {"raw csi \x9b"
         "2J",
         R"(raw csi \x9b2J)"},
        {"next line \xc2\x85", R"(next line \xc2\x85)"},
        {"line separator \xe2\x80\xa8", R"(line separator \xe2\x80\xa8)"},
        {"right to left \xe2\x80"s + '\xae', R"(right to left \xe2\x80\xae)"},
        {"umlaut \xc3\xa4", "umlaut \xc3\xa4"},
        {"emoji \xf0\x9f\x98\x80", "emoji \xf0\x9f\x98\x80"},
        // Invalid UTF-8: cut short, overlong, a surrogate, beyond Unicode, never valid.
        {"cut \xf0\x9f\x98", R"(cut \xf0\x9f\x98)"},
        {"overlong \xc0\xaf", R"(overlong \xc0\xaf)"},
        {"overlong escape \xe0\x80\x9b", R"(overlong escape \xe0\x80\x9b)"},
        {"surrogate \xed\xa0\x80", R"(surrogate \xed\xa0\x80)"},
        {"beyond \xf4\x90\x80\x80", R"(beyond \xf4\x90\x80\x80)"},
        {"never \xfe\xff", R"(never \xfe\xff)"},
        {"alone \x80 good \xc3\xa4", "alone \\x80 good \xc3\xa4"},
    };
}

/// Says each sample to a server with `arguments` and gives what it displayed.
std::string displayed(std::vector<std::string> arguments, std::vector<Sample> const& said) {
    arguments.emplace_back("127.0.0.1:0");
    auto server = ServerProcess::start(std::move(arguments));
    Peer peer = Peer::connect(server.address());
    for (auto const& sample : said) {
        peer.send(sample.message + '\n');
    }
    for (std::size_t answer = 0; answer < said.size(); ++answer) {
        CHECK(peer.receive_line() == "I got your message");
    }
    peer.close();
    CHECK(server.stop() == Exit::with(0));
    return server.output();
}

/// RFC 4648, section 4.
std::string from_base64(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    REQUIRE(text.size() % 4 == 0);
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (char const character : text) {
        auto const digit = digits.find(character);
        REQUIRE(digit != std::string_view::npos);
        bits = bits << 6 | static_cast<unsigned>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xff);
        }
    }
    return out;
}

/// C0 and DEL, or C1 in UTF-8.
bool has_controls(std::string_view text) {
    unsigned before = 0;
    return std::ranges::any_of(text, [&before](char character) {
        unsigned const byte = static_cast<unsigned char>(character);
        bool const c1 = std::exchange(before, byte) == 0xc2 && byte >= 0x80 && byte < 0xa0;
        return byte < 0x20 || byte == 0x7f || c1;
    });
}

/// Messages of random bytes, where what is special to a terminal is likely.
std::vector<Sample> random_samples(unsigned seed) {
    std::mt19937 random(seed);
    constexpr std::string_view likely = "\x1b[\\x\x9b\xc2\xe2\x80\xa8\xf0\x9f\r\t\"'{}0a";
    std::vector<Sample> out(2000);
    for (auto& sample : out) {
        auto const size = random() % 24;
        while (sample.message.size() < size) {
            auto const any = static_cast<char>(random() % 256);
            sample.message += random() % 2 == 0 ? likely[random() % likely.size()] : any;
        }
        std::erase(sample.message, '\n');
        if (sample.message.ends_with('\r')) {
            sample.message += '.';  // or it belonged to the line ending
        }
    }
    return out;
}

}  // namespace

TEST_CASE("Text shows what a terminal would obey as escapes", "[show][system]") {
    std::string expected;
    for (auto const& sample : samples()) {
        expected += sample.text + '\n';
    }
    CHECK(displayed({}, samples()) == expected);
    CHECK(displayed({"--show", "text"}, samples()) == expected);
}

TEST_CASE("Text can be turned back into the exact bytes, whatever they were", "[show][system]") {
    auto const seed = Catch::getSeed();
    CAPTURE(seed);
    auto const said = random_samples(seed);
    auto const records = split_lines(displayed({}, said));
    REQUIRE(records.size() == said.size());
    for (std::size_t number = 0; number < said.size(); ++number) {
        CHECK_FALSE(has_controls(records[number]));
        CHECK(roger::unescape(records[number]) == said[number].message);
    }
}

TEST_CASE("Raw shows the message's bytes and a newline", "[show][system]") {
    std::string expected;
    for (auto const& sample : samples()) {
        expected += sample.message + '\n';
    }
    CHECK(displayed({"--show", "raw"}, samples()) == expected);
}

TEST_CASE("Json shows one object a line, which parses and has the exact bytes", "[show][system]") {
    auto const seed = Catch::getSeed();
    CAPTURE(seed);
    auto said = samples();
    std::ranges::copy(random_samples(seed), std::back_inserter(said));
    auto const records = split_lines(displayed({"--show", "json"}, said));
    REQUIRE(records.size() == said.size());
    std::size_t in_base64 = 0;
    for (std::size_t number = 0; number < said.size(); ++number) {
        CAPTURE(records[number]);
        CHECK_FALSE(has_controls(records[number]));
        auto const object = nlohmann::json::parse(records[number]);
        CHECK(object.size() == 3);
        if (object.contains("message")) {
            CHECK(object["message"].get<std::string>() == said[number].message);
        } else {
            ++in_base64;
            CHECK(from_base64(object.at("message_base64").get<std::string>()) ==
                  said[number].message);
        }
    }
    CHECK(in_base64 > 0);
    CHECK(in_base64 < said.size());
}

TEST_CASE("Json uses base64 exactly where a message is no UTF-8", "[show][system]") {
    std::vector<Sample> const said{
        {"umlaut \xc3\xa4 \x1b \x7f", ""}, {"\xff", ""}, {"c1 \xc2\x9b", ""}};
    auto const records = split_lines(displayed({"--show", "json"}, said));
    REQUIRE(records.size() == 3);
    CHECK(nlohmann::json::parse(records[0])["message"] == said[0].message);
    CHECK(nlohmann::json::parse(records[1])["message_base64"] == "/w==");
    CHECK(nlohmann::json::parse(records[2])["message"] == said[2].message);
}

TEST_CASE("Json says who spoke, and when in UTC", "[show][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 2;
    setup.launch.environment = {{"TZ", "America/St_Johns"}};  // half an hour off everywhere else
    auto server = ServerProcess::start({"--show", "json", "127.0.0.1:0", "unix:" + directory / "s"},
                                       std::move(setup));
    // time() lags behind the clock that records are made by.
    auto const now = [] {
        return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    };
    auto const before = now();
    Peer peer = Peer::connect(server.address());
    peer.send("one\n");
    peer.receive_line();
    auto const after = now();
    Peer nameless = Peer::connect(server.address(1));
    nameless.send("two\n");
    nameless.receive_line();

    auto const records = split_lines(server.output());
    REQUIRE(records.size() == 2);
    auto const object = nlohmann::json::parse(records[0]);
    CHECK(object["from"] == peer.local_address());
    CHECK(nlohmann::json::parse(records[1])["from"] == "unix:");
    auto const time = object["time"].get<std::string>();
    CHECK(std::regex_match(time, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
    std::tm parts{};
    REQUIRE(::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) != nullptr);
    CHECK(::timegm(&parts) >= before);
    CHECK(::timegm(&parts) <= after);
}

TEST_CASE("A client's name forges neither a record nor a line of the log", "[show][system]") {
    TempDir const directory;
    ServerSetup setup;
    setup.addresses = 2;
    auto server = ServerProcess::start({"--show", "json", "--log-level", "debug",
                                        "unix:" + directory / "s", "unix:" + directory / "t"},
                                       std::move(setup));
    // A name in the abstract namespace is any bytes at all.
    auto const name = "unix:@" + std::to_string(::getpid()) + "\"}\n{\"forged\": \x1b[2J\r\x9b\xff";
    Peer peer = Peer::connect(server.address(), {.name = name});
    peer.send("one\n");
    CHECK(peer.receive_line() == "I got your message");
    peer.reset();
    Peer other = Peer::connect(server.address(1));
    other.send("two\n");
    CHECK(other.receive_line() == "I got your message");
    other.close();
    CHECK(server.stop() == Exit::with(0));

    auto const records = split_lines(server.output());
    REQUIRE(records.size() == 2);
    CHECK_FALSE(has_controls(records[0]));
    auto const object = nlohmann::json::parse(records[0]);
    CHECK(object["message"] == "one");
    CHECK(object["from"].get<std::string>().starts_with(name.substr(0, name.find('\n') + 1)));
    for (auto const& line : split_lines(server.process().err().seen())) {
        CHECK_FALSE(has_controls(line));
        CHECK_FALSE(line.starts_with("{"));
    }
}

TEST_CASE("A terminal gets no control sequence from a message", "[show][system]") {
    ServerSetup setup;
    setup.out = Stdio::terminal();
    auto server = ServerProcess::start({"127.0.0.1:0"}, std::move(setup));
    Peer peer = Peer::connect(server.address());
    for (auto const& sample : samples()) {
        peer.send(sample.message + '\n');
        CHECK(peer.receive_line() == "I got your message");
        CHECK(server.process().out().read_line() == sample.text + '\r');
    }
    peer.close();
    CHECK(server.stop() == Exit::with(0));
}
