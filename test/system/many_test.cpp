// Many: a thousand clients at once, each of a hundred thousand messages displayed once and whole.
#include "support/answers.hpp"
#include "support/peer_group.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace roger::test;

namespace {

constexpr std::size_t clients = 1000;
constexpr std::size_t messages_each = 100;

void need_descriptors() {
    if (open_file_limit() < clients + 100) {
        SKIP(fmt::format("needs {} open files, {} are allowed", clients + 100, open_file_limit()));
    }
}

std::string numbered(std::size_t client, std::size_t message) {
    return fmt::format("client {} message {} of {}", client, message, messages_each);
}

/// Reads back what numbered() wrote; nothing at all of another form gets through.
struct Numbers {
    std::size_t client = clients;
    std::size_t message = messages_each;
};

Numbers numbers_of(std::string const& record) {
    Numbers out;
    auto const number_after = [&record](std::string_view word, std::size_t& number) {
        auto const found = record.find(word);
        if (found != std::string::npos) {
            auto const* const start = record.data() + found + word.size();
            std::from_chars(start, record.data() + record.size(), number);
        }
    };
    number_after("client ", out.client);
    number_after("message ", out.message);
    bool const whole = out.client < clients && record == numbered(out.client, out.message);
    return whole ? out : Numbers{};
}

/// Each client's messages `of_each` in their order, whatever came between them, and nothing else.
void check_displayed(std::string const& output, std::vector<std::size_t> const& of_each) {
    std::vector<std::size_t> next(clients, 0);
    std::size_t wrong = 0;
    auto const records = split_lines(output);
    for (auto const& record : records) {
        auto const [client, message] = numbers_of(record);
        bool const right =
            client < clients && next[client] < of_each.size() && of_each[next[client]] == message;
        if (right) {
            ++next[client];
        } else if (++wrong <= 10) {
            UNSCOPED_INFO("not whole, not in order, or not once: " << legible(record));
        }
    }
    CHECK(wrong == 0);
    CHECK(records.size() == clients * of_each.size());
    CHECK(output.ends_with('\n'));
}

void check_answers(PeerGroup const& group, std::string_view expected) {
    std::size_t wrong = 0;
    for (std::size_t client = 0; client < clients; ++client) {
        if (group.received(client) != expected && ++wrong <= 3) {
            UNSCOPED_INFO("client " << client << " was answered "
                                    << legible(group.received(client)));
        }
    }
    CHECK(wrong == 0);
}

std::string long_message(std::size_t writer) {
    return std::string(60000 + writer, static_cast<char>('0' + writer % 10));
}

std::vector<std::size_t> all_messages() {
    std::vector<std::size_t> out(messages_each);
    for (std::size_t message = 0; message < messages_each; ++message) {
        out[message] = message;
    }
    return out;
}

ServerProcess start_with_threads(std::string const& threads, std::string const& address) {
    return ServerProcess::start({"--threads", threads, "--max-message", "64B", address});
}

}  // namespace

TEST_CASE("A thousand clients at once, all messages in one go, each displayed and acked once",
          "[many][system][concurrency]") {
    need_descriptors();
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_with_threads(threads, "127.0.0.1:0");
    PeerGroup group(server.address(), clients);
    for (std::size_t client = 0; client < clients; ++client) {
        for (std::size_t message = 0; message < messages_each; ++message) {
            group.send(client, numbered(client, message) + '\n');
        }
    }
    group.finish_all();
    group.run_until_ended();
    check_answers(group, times(messages_each, ack_line));
    check_displayed(server.output(), all_messages());
    CHECK(server.counter("acknowledged") == clients * messages_each);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A thousand clients at once, each waiting for every ack, each displayed and acked once",
          "[many][system][concurrency]") {
    need_descriptors();
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_with_threads(threads, "127.0.0.1:0");
    PeerGroup group(server.address(), clients);
    // Each says its next message when the last was answered, whatever the others do.
    std::vector<std::size_t> sent(clients, 0);
    group.on_line([&](std::size_t client) {
        if (sent[client] < messages_each) {
            group.send(client, numbered(client, sent[client]++) + '\n');
        }
    });
    for (std::size_t client = 0; client < clients; ++client) {
        group.send(client, numbered(client, sent[client]++) + '\n');
    }
    group.run_until_lines(messages_each);
    check_answers(group, times(messages_each, ack_line));
    check_displayed(server.output(), all_messages());
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A thousand clients over a Unix socket get their refusals and acks in order",
          "[many][system][concurrency]") {
    need_descriptors();
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    TempDir const directory;
    auto server = start_with_threads(threads, "unix:" + directory / "socket");
    PeerGroup group(server.address(), clients);
    // Every third message is too long: where its refusal stands shows the order of the answers.
    std::string expected;
    std::vector<std::size_t> displayed;
    for (std::size_t message = 0; message < messages_each; ++message) {
        bool const too_long = message % 3 == 2;
        expected += too_long ? too_long_line(64) : ack_line;
        if (!too_long) {
            displayed.push_back(message);
        }
        for (std::size_t client = 0; client < clients; ++client) {
            auto const text = numbered(client, message);
            group.send(client, text + (too_long ? std::string(100, '.') : "") + '\n');
        }
    }
    group.finish_all();
    group.run_until_ended();
    check_answers(group, expected);
    check_displayed(server.output(), displayed);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("Long messages of many clients are never interleaved in a pipe",
          "[many][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    constexpr std::size_t writers = 50;
    constexpr std::size_t rounds = 5;
    ServerSetup setup;
    setup.out = Stdio::pipe();  // a pipe takes long records in pieces
    auto server = ServerProcess::start({"--threads", threads, "127.0.0.1:0"}, std::move(setup));
    PeerGroup group(server.address(), writers);
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t writer = 0; writer < writers; ++writer) {
            group.send(writer, long_message(writer) + '\n');
        }
    }
    group.finish_all();
    group.run_until_ended();
    CHECK(server.stop() == Exit::with(0));
    std::vector<std::size_t> seen(writers, 0);
    for (auto const& record : split_lines(server.process().out().read_all())) {
        // Its length says whose it is.
        auto const writer = record.size() - long_message(0).size();
        REQUIRE(writer < writers);
        bool const whole = record == long_message(writer);
        CHECK(whole);
        ++seen[writer];
    }
    CHECK(seen == std::vector<std::size_t>(writers, rounds));
}
