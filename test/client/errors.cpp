// What a program can branch on when a message has no answer.
#include "net/stage.hpp"
#include "roger/client.hpp"
#include "roger/datagram_client.hpp"
#include "support/datagram_peer.hpp"
#include "support/peer.hpp"

#include <asio/awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::hear_line;
using test::patient;
using test::Socket;
using test::Stage;
using test::tell;

struct Reason {
    std::error_code code;
    std::error_code cause;
    bool sent = false;
    std::string sentence;
};

/// What `work` throws.
asio::awaitable<Reason> reason_of(asio::awaitable<void> work) {
    try {
        co_await std::move(work);
    } catch (ClientError const& error) {
        co_return Reason{error.code(), error.cause(), error.sent(), error.what()};
    } catch (Error const& error) {
        co_return Reason{error.code(), error.cause(), false, error.what()};
    }
    co_return Reason{};
}

asio::awaitable<void> send_one(Address address, std::string message, Timeout ack_timeout) {
    Client client = co_await Client::open(std::move(address), patient);
    co_await client.send(message, ack_timeout);
}

Reason reason_without_answer(test::ServerScript const& server) {
    Stage stage;
    Reason reason;
    auto const talk = [&]() -> asio::awaitable<void> {
        reason = co_await reason_of(send_one(stage.address(), "a", patient));
    };
    stage.play(server, talk);
    return reason;
}

/// From a server that takes nothing and says nothing.
Reason reason_of_silence(std::string const& message) {
    Stage stage;
    Reason reason;
    bool done = false;
    auto const server = [&done](Socket& /*silent*/) -> asio::awaitable<void> {
        auto const is_done = [&done] { return done; };
        co_await test::until(is_done);
    };
    auto const talk = [&]() -> asio::awaitable<void> {
        reason = co_await reason_of(send_one(stage.address(), message, 50ms));
        done = true;
    };
    stage.play(server, talk);
    return reason;
}

Reason reason_of_open(Address const& address, ClientOptions const& options) {
    Stage stage;
    Reason reason;
    auto const open = [&]() -> asio::awaitable<void> { co_await Client::open(address, options); };
    auto const talk = [&]() -> asio::awaitable<void> { reason = co_await reason_of(open()); };
    stage.play_all({talk});
    return reason;
}

/// Neither a timeout nor a delay can be one of them.
constexpr std::chrono::milliseconds impossible_waits[] = {
    -1ms, 0ms, std::chrono::milliseconds::min(), std::chrono::milliseconds::max(),
    std::chrono::years(600)};

asio::awaitable<void> close_after_message(Socket& socket) {
    co_await hear_line(socket);
}

asio::awaitable<void> cut_off(Socket& socket) {
    co_await hear_line(socket);
    co_await tell(socket, "err");
}

asio::awaitable<void> say_too_much(Socket& socket) {
    co_await hear_line(socket);
    co_await tell(socket, std::string(64 * 1024, 'x'));
}

asio::awaitable<void> reset_after_message(Socket& socket) {
    co_await hear_line(socket);
    test::reset(socket);
}

}  // namespace

TEST_CASE("Each way to get no answer has its code", "[client][error]") {
    Reason const closed = reason_without_answer(close_after_message);
    CHECK(closed.code == Errc::connection_closed);
    CHECK_FALSE(closed.cause);
    CHECK(closed.sent);
    Reason const reset = reason_without_answer(reset_after_message);
    CHECK(reset.code == Errc::connection_closed);
    CHECK(reset.cause == std::errc::connection_reset);
    CHECK(reason_without_answer(cut_off).code == Errc::answer_cut_off);
    CHECK(reason_without_answer(say_too_much).code == Errc::answer_too_long);
    Reason const late = reason_of_silence("a");
    CHECK(late.code == Errc::ack_timeout);
    CHECK(late.sent);
    Reason const stuck = reason_of_silence(std::string(32 << 20, 'x'));
    CHECK(stuck.code == Errc::write_timeout);
    CHECK(stuck.sent);
}

TEST_CASE("A client that cannot connect tells the kind and the system's error", "[client][error]") {
    test::RefusingAddress const refusing;
    Reason const refused = reason_of_open(parse_address(refusing.address()), {});
    CHECK(refused.code == Errc::cannot_connect);
    CHECK(refused.cause == std::errc::connection_refused);
    CHECK_FALSE(refused.sent);
    Reason const missing = reason_of_open(parse_address("unix:/nowhere/roger"), {});
    CHECK(missing.cause == std::errc::no_such_file_or_directory);

    test::Listener const full("tcp:127.0.0.1:0", 0);
    test::Peer const waiting = test::Peer::connect(full.address());
    ClientOptions impatient;
    impatient.connect_timeout = 50ms;
    Reason const late = reason_of_open(parse_address(full.address()), impatient);
    CHECK(late.code == Errc::connect_timeout);
    CHECK_FALSE(late.cause);

    CHECK(reason_of_open(parse_address("udp:localhost:1"), {}).code == Errc::invalid_address);
    ClientOptions long_lived;
    long_lived.connect_timeout = std::chrono::years(100);
    CHECK(reason_of_open(parse_address("nowhere.invalid:1"), long_lived).code ==
          Errc::cannot_resolve);
}

TEST_CASE("An option out of its range is refused with a sentence that names it",
          "[client][error]") {
    auto const refusal = [](auto const& change) {
        ClientOptions options;
        options.reconnect.emplace();
        change(options);
        Reason const reason = reason_of_open(test::free_tcp_address(), options);
        CHECK(reason.code == Errc::invalid_option);
        return reason.sentence.substr(0, reason.sentence.find(": "));
    };
    CHECK(refusal([](ClientOptions& options) { options.window = 0; }) == "ClientOptions::window");
    CHECK(refusal([](ClientOptions& options) { options.reconnect->max_delay = 1ms; }) ==
          "ReconnectOptions::max_delay");
    CHECK(refusal([](ClientOptions& options) { options.reconnect->attempts = 0; }) ==
          "ReconnectOptions::attempts");
    for (std::chrono::milliseconds const wait : impossible_waits) {
        CAPTURE(wait.count());
        CHECK(refusal([wait](ClientOptions& options) { options.connect_timeout = wait; }) ==
              "ClientOptions::connect_timeout");
        CHECK(refusal([wait](ClientOptions& options) {
                  options.reconnect->initial_delay = options.reconnect->max_delay = wait;
              }) == "ReconnectOptions::initial_delay");
        CHECK(refusal([wait](ClientOptions& options) { options.reconnect->max_delay = wait; }) ==
              "ReconnectOptions::max_delay");
    }
}

TEST_CASE("A timeout out of its range is refused, and the client goes on", "[client][error]") {
    std::vector<Reason> reasons;
    auto const server = [](Socket& socket) -> asio::awaitable<void> {
        co_await hear_line(socket);
        co_await tell(socket, "taken\n");
    };
    Stage stage;
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(stage.address(), patient);
        auto const send = [&](Timeout timeout) -> asio::awaitable<void> {
            co_await client.send("never sent", timeout);
        };
        for (std::chrono::milliseconds const wait : impossible_waits) {
            reasons.push_back(co_await reason_of(send(wait)));
            reasons.push_back(co_await reason_of(client.close(wait)));
        }
        Answer const answer = co_await client.send("sent", std::chrono::years(100));
        CHECK(answer.text == "taken");
        co_await client.close(std::chrono::years(100));
    };
    stage.play(server, talk);
    for (std::size_t index = 0; index != reasons.size(); ++index) {
        CHECK(reasons[index].code == Errc::invalid_option);
        CHECK(reasons[index].sentence.starts_with(index % 2 == 0 ? "ack_timeout: " : "timeout: "));
    }
}

TEST_CASE("A client of datagrams refuses a timeout out of its range", "[client][error]") {
    test::DatagramPeer const peer = test::DatagramPeer::at("udp:127.0.0.1:0");
    Address const address = parse_address(peer.own_address());
    auto const send = [&](Timeout connect_timeout, Timeout ack_timeout) -> asio::awaitable<void> {
        DatagramClient client = co_await DatagramClient::open(address, connect_timeout);
        co_await client.send("hello", ack_timeout);
    };
    std::vector<Reason> reasons;
    auto const talk = [&]() -> asio::awaitable<void> {
        for (std::chrono::milliseconds const wait : impossible_waits) {
            reasons.push_back(co_await reason_of(send(wait, patient)));
            reasons.push_back(co_await reason_of(send(patient, wait)));
        }
    };
    Stage stage;
    stage.play_all({talk});
    for (std::size_t index = 0; index != reasons.size(); ++index) {
        CHECK(reasons[index].code == Errc::invalid_option);
        CHECK(reasons[index].sentence.starts_with(index % 2 == 0 ? "connect_timeout: "
                                                                 : "ack_timeout: "));
    }
}

TEST_CASE("A message that does not fit into a datagram is told by the cause", "[client][error]") {
    test::DatagramPeer const peer = test::DatagramPeer::at("udp:127.0.0.1:0");
    Address const address = parse_address(peer.own_address());
    auto const send = [&address]() -> asio::awaitable<void> {
        DatagramClient client = co_await DatagramClient::open(address, patient);
        co_await client.send(std::string(65'507, 'a'), patient);
    };
    Reason reason;
    auto const talk = [&]() -> asio::awaitable<void> { reason = co_await reason_of(send()); };
    Stage stage;
    stage.play_all({talk});
    CHECK(reason.code == Errc::io_error);
    CHECK(reason.cause == std::errc::message_size);
    CHECK_FALSE(reason.sent);
}

TEST_CASE("A datagram without an answer tells whether anybody was there", "[client][error]") {
    test::DatagramPeer peer = test::DatagramPeer::at("udp:127.0.0.1:0");
    Address const address = parse_address(peer.own_address());
    auto const send = [&address]() -> asio::awaitable<void> {
        DatagramClient client = co_await DatagramClient::open(address, patient);
        co_await client.send("hello", 50ms);
    };
    Reason silent;
    Reason refused;
    auto const talk = [&]() -> asio::awaitable<void> {
        silent = co_await reason_of(send());
        peer = test::DatagramPeer::at("udp:127.0.0.1:0");
        refused = co_await reason_of(send());
    };
    Stage stage;
    stage.play_all({talk});
    CHECK(silent.code == Errc::ack_timeout);
    CHECK(silent.sent);
    CHECK(refused.code == Errc::io_error);
    CHECK(refused.cause == std::errc::connection_refused);
}

}  // namespace roger
