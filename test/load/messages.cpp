// What the clients send, byte by byte.
#include "load/messages.hpp"

#include "load/stamp.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace roger {

namespace {

using Catch::Matchers::ContainsSubstring;

std::string text_sent(LoadSettings const& settings, Sender const& sender) {
    std::string out;
    Messages(settings, 0x1234).append(out, sender);
    return out;
}

std::string text_sent_of(std::string const& text, Sender const& sender) {
    LoadSettings settings;
    settings.texts = {text};
    return text_sent(settings, sender);
}

constexpr Sender somebody{.client = 12, .connection = 3, .message = 4567};

}  // namespace

TEST_CASE("A message can hold its sender and its number", "[load]") {
    CHECK(text_sent({}, somebody) == "message 4567 of client 12\n");
    CHECK(text_sent({}, {.client = 0, .connection = 1, .message = 1}) == "message 1 of client 0\n");
}

TEST_CASE("Placeholders stand for numbers wherever they are, and nothing else does", "[load]") {
    CHECK(text_sent_of("{client}{message}{client}", somebody) == "12456712\n");
    CHECK(text_sent_of("{message}", somebody) == "4567\n");
    CHECK(text_sent_of("a {client}", somebody) == "a 12\n");
    CHECK(text_sent_of("{client} z", somebody) == "12 z\n");
    CHECK(text_sent_of("", somebody) == "\n");
    CHECK(text_sent_of("PING", somebody) == "PING\n");
    for (std::string const plain :
         {"{", "}", "{}", "{clien", "{Client}", "{ client }", "{other}", R"({"client":1})", "{{"}) {
        CHECK(text_sent_of(plain, somebody) == plain + "\n");
    }
    CHECK(text_sent_of("{{client}}", somebody) == "{12}\n");
    CHECK(text_sent_of("{cli{client}ent}", somebody) == "{cli12ent}\n");
}

TEST_CASE("A message is appended to what is there", "[load]") {
    LoadSettings settings;
    settings.texts = {"b"};
    std::string out = "a\n";
    Messages messages(settings, 1);
    messages.append(out, somebody);
    messages.append(out, somebody);
    CHECK(out == "a\nb\nb\n");
    settings.audit = true;
    Messages audited(settings, 1);
    audited.append(out, somebody);
    std::size_t const size = out.size();
    audited.append(out, somebody);
    CHECK(out.starts_with("a\nb\nb\naudit "));
    CHECK(out.size() - size == stamp_size + 2);
}

TEST_CASE("A line ending is the one that was asked for", "[load]") {
    LoadSettings settings;
    settings.texts = {"PING"};
    settings.line_ending = "\r\n";
    CHECK(text_sent(settings, somebody) == "PING\r\n");
    settings.size = Distribution::fixed(5);
    CHECK(text_sent(settings, somebody) == "abcde\r\n");
    settings.audit = true;
    settings.size = Distribution::fixed(static_cast<double>(stamp_size + 1));
    CHECK(text_sent(settings, somebody).ends_with(" a\r\n"));
    CHECK(text_sent(settings, somebody).size() == stamp_size + 3);
}

TEST_CASE("A message of a size has just so many bytes", "[load]") {
    LoadSettings settings;
    for (std::size_t const size : {1U, 25U, 26U, 27U, 52U, 1000U, 65536U}) {
        settings.size = Distribution::fixed(static_cast<double>(size));
        std::string const message = text_sent(settings, somebody);
        CHECK(message.size() == size + 1);
        CHECK(message.find('\n') == size);
    }
    settings.size = Distribution::fixed(30);
    CHECK(text_sent(settings, somebody) == "abcdefghijklmnopqrstuvwxyzabcd\n");
}

TEST_CASE("Clients send several texts in turn, each beginning with another", "[load]") {
    LoadSettings settings;
    settings.texts = {"a {message}", "b {message}", "c {message}"};
    std::string first_letters;
    for (std::uint64_t client = 0; client < 3; ++client) {
        std::string said_by_client;
        for (std::uint64_t message = 1; message <= 6; ++message) {
            std::string const line =
                text_sent(settings, {.client = client, .connection = 1, .message = message});
            CHECK(line.substr(1) == fmt::format(" {}\n", message));
            said_by_client += line[0];
        }
        CHECK(said_by_client.substr(0, 3) == said_by_client.substr(3));
        for (char const letter : {'a', 'b', 'c'}) {
            CHECK(said_by_client.find(letter) < 3);
        }
        CHECK(first_letters.find(said_by_client[0]) == std::string::npos);
        first_letters += said_by_client[0];
    }
}

TEST_CASE("Sizes differ from message to message as they were asked to", "[load]") {
    LoadSettings settings;
    auto const sizes = [&settings] {
        std::vector<std::size_t> all;
        for (std::uint64_t message = 1; message <= 2000; ++message) {
            all.push_back(
                text_sent(settings, {.client = 3, .connection = 1, .message = message}).size() - 1);
        }
        return all;
    };
    auto const mean = [](std::vector<std::size_t> const& all) {
        double sum = 0;
        for (std::size_t const size : all) {
            sum += static_cast<double>(size);
        }
        return sum / static_cast<double>(all.size());
    };
    settings.size = Distribution{.low = 100, .high = 1000};
    auto const uniform = sizes();
    CHECK(std::ranges::min(uniform) >= 100);
    CHECK(std::ranges::max(uniform) <= 1000);
    CHECK(std::abs(mean(uniform) - 550) < 20);
    CHECK(sizes() == uniform);

    settings.size = Distribution{.low = 200, .high = 200, .kind = Distribution::Kind::exponential};
    auto const exponential = sizes();
    CHECK(std::ranges::min(exponential) >= 1);
    CHECK(std::abs(mean(exponential) - 200) < 15);
    settings.audit = true;
    CHECK(std::ranges::min(sizes()) == stamp_size);
}

TEST_CASE("Texts are sent as often as their weights say", "[load]") {
    LoadSettings settings;
    settings.texts = {"a", "b", "c"};
    settings.weights = {7, 2, 1};
    std::map<char, int> counts;
    for (std::uint64_t client = 0; client < 100; ++client) {
        for (std::uint64_t message = 1; message <= 100; ++message) {
            ++counts[text_sent(settings,
                               {.client = client, .connection = 1, .message = message})[0]];
        }
    }
    CHECK(std::abs(counts['a'] - 7000) < 150);
    CHECK(std::abs(counts['b'] - 2000) < 150);
    CHECK(std::abs(counts['c'] - 1000) < 150);
}

TEST_CASE("An audited message bears its stamp before its text", "[load]") {
    LoadSettings settings;
    settings.audit = true;
    std::string line = text_sent(settings, somebody);
    REQUIRE(line.ends_with(" message 4567 of client 12\n"));
    line.pop_back();
    auto const read = read_stamped(line);
    REQUIRE(read);
    CHECK(read->intact);
    CHECK(read->stamp == Stamp{.run = 0x1234, .client = 12, .connection = 3, .number = 4567});
}

TEST_CASE("An audited message of a size has just so many bytes, its stamp included", "[load]") {
    LoadSettings settings;
    settings.audit = true;
    for (std::size_t const size : {stamp_size, stamp_size + 1, stamp_size + 100}) {
        settings.size = Distribution::fixed(static_cast<double>(size));
        std::string line = text_sent(settings, somebody);
        CHECK(line.size() == size + 1);
        line.pop_back();
        auto const read = read_stamped(line);
        REQUIRE(read);
        CHECK(read->intact);
    }
}

TEST_CASE("A size is what was asked for, or is refused", "[load]") {
    LoadSettings settings;
    settings.size = Distribution{.low = 10, .high = 65.0 * 1024 * 1024};
    CHECK_THROWS_WITH(Messages(settings, 1), ContainsSubstring("--size") &&
                                                 ContainsSubstring("64MiB") &&
                                                 ContainsSubstring("65MiB"));
}

TEST_CASE("A size by chance is never more than a datagram can hold", "[load]") {
    LoadSettings settings;
    settings.address = parse_address("udp:127.0.0.1:1");
    settings.line_ending = "\r\n";
    settings.size = Distribution{.low = 1e6, .high = 1e6, .kind = Distribution::Kind::exponential};
    std::size_t longest = 0;
    for (std::uint64_t message = 0; message != 100; ++message) {
        longest = std::max(
            longest,
            text_sent(settings, {.client = 1, .connection = 1, .message = message}).size());
    }
    CHECK(longest == 65'507);
}

TEST_CASE("A size with no room for a stamp is refused", "[load]") {
    LoadSettings settings;
    settings.size = Distribution::fixed(static_cast<double>(stamp_size - 1));
    CHECK(text_sent(settings, somebody).size() == stamp_size);
    settings.audit = true;
    CHECK_THROWS_AS(Messages(settings, 1), std::invalid_argument);
    CHECK_THROWS_WITH(Messages(settings, 1), ContainsSubstring("--size") &&
                                                 ContainsSubstring("68B") &&
                                                 ContainsSubstring("69"));
}

TEST_CASE("A text with a newline in it is refused and named", "[load]") {
    LoadSettings settings;
    settings.texts = {"good", "two\nlines"};
    CHECK_THROWS_AS(Messages(settings, 1), std::invalid_argument);
    CHECK_THROWS_WITH(Messages(settings, 1),
                      ContainsSubstring("newline") && ContainsSubstring(R"(two\x0alines)"));
}

TEST_CASE("A text whose last return the line ending would take is refused and named", "[load]") {
    for (bool const audit : {false, true}) {
        LoadSettings settings;
        settings.texts = {"good", "PING\r"};
        settings.audit = audit;
        CHECK_THROWS_AS(Messages(settings, 1), std::invalid_argument);
        CHECK_THROWS_WITH(Messages(settings, 1), ContainsSubstring("--line-ending crlf") &&
                                                     ContainsSubstring(R"(PING\x0d)"));
        for (std::string const ending : {"\r\n", ""}) {
            settings.line_ending = ending;
            CHECK(text_sent(settings, {.client = 0, .connection = 1, .message = 1})
                      .ends_with(settings.texts[1] + ending));
        }
    }
}

}  // namespace roger
