// Clients and contexts destroyed at any moment, in every order that the header allows.
#include "client/sends.hpp"
#include "net/stage.hpp"
#include "roger/client.hpp"
#include "support/deadline.hpp"
#include "support/line_server.hpp"
#include "support/peer.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include <unistd.h>

using namespace std::chrono_literals;

namespace roger {

namespace {

using test::LineServer;
using test::patient;
using test::Sends;

/// Takes messages and answers none.
LineServer::Reply silent(std::size_t /*number*/, std::string const& /*message*/) {
    return {.bytes = ""};
}

/// A context that a test runs, stops and destroys as it likes, and a client of it with messages in
/// every state: one that was answered, sent ones, one sent in part, and one that waits for it.
class Busy {
public:
    Busy() : server_({.answer = answer_first}), context_(std::make_unique<asio::io_context>()) {
        run(open());
        sends_.emplace(context_->get_executor());
        sends_->start(*client_, "answered");
        wait_for(1);
        sends_->start_all(*client_, {"sent", "sent"});
        sends_->start(*client_, std::string(32 << 20, 'x'));
        sends_->start(*client_, "waits");
        run_until([this] { return server_.messages() == 3; });
    }

    [[nodiscard]] Client& client() { return *client_; }
    [[nodiscard]] Sends& sends() { return *sends_; }
    [[nodiscard]] asio::io_context& context() { return *context_; }
    void destroy_client() { client_.reset(); }
    void destroy_context() { context_.reset(); }

    /// Runs until so many sends are done.
    void wait_for(std::size_t count) {
        run_until([this, count] { return sends_->done() == count; });
    }

private:
    void run_until(std::function<bool()> const& condition) {
        test::Deadline const deadline;
        while (!condition()) {
            REQUIRE_FALSE(deadline.over());
            context_->restart();
            context_->run_one_for(10ms);
        }
    }

    static LineServer::Reply answer_first(std::size_t number, std::string const& message) {
        return number == 0 ? LineServer::Reply{} : silent(number, message);
    }

    asio::awaitable<void> open() {
        client_.emplace(co_await Client::open(parse_address(server_.address()), patient));
    }

    void run(asio::awaitable<void> work) {
        auto done = asio::co_spawn(*context_, std::move(work), asio::use_future);
        context_->run();
        done.get();
    }

    LineServer server_;
    // Destroyed last, as what its handlers write to must be.
    std::optional<Sends> sends_;
    std::unique_ptr<asio::io_context> context_;
    std::optional<Client> client_;
};

Client taken_from(Client& other) {
    return std::move(other);
}

void check_all_failed(Sends const& sends) {
    for (std::size_t number = 1; number <= 4; ++number) {
        CHECK(sends[number].code == Errc::client_closed);
        CHECK(sends[number].sent == (number < 4));
    }
}

}  // namespace

TEST_CASE("A client that is destroyed ends its sends with an error", "[client][concurrency]") {
    Busy busy;
    busy.destroy_client();
    busy.wait_for(5);
    check_all_failed(busy.sends());
}

TEST_CASE("A context may be destroyed before its client", "[client][concurrency]") {
    Busy busy;
    busy.destroy_context();
    CHECK(busy.sends().done() == 1);
    CHECK(busy.client().unacknowledged().empty());
    busy.destroy_client();
}

TEST_CASE("A client may be destroyed before its context, and nothing be run after it",
          "[client][concurrency]") {
    Busy busy;
    busy.context().stop();
    busy.destroy_client();
    busy.destroy_context();
    CHECK(busy.sends().done() == 1);
}

TEST_CASE("A client that is none yet, or no longer, says so to whoever uses it", "[client]") {
    Client client;
    bool const moved_from = GENERATE(false, true);
    if (moved_from) {
        Busy busy;
        client = taken_from(busy.client());
        std::ignore = taken_from(client);
    }
    CHECK_THROWS_AS(client.send("hello", patient), std::logic_error);
    CHECK_THROWS_AS(client.close(patient), std::logic_error);
    CHECK_THROWS_AS(client.unacknowledged(), std::logic_error);
}

TEST_CASE("A client may be moved while messages are under way", "[client][concurrency]") {
    Busy busy;
    {
        std::optional<Client> moved = std::move(busy.client());
        CHECK(moved->unacknowledged().size() == 4);
        busy.destroy_client();
        busy.context().restart();
        busy.context().poll();
        CHECK(busy.sends().done() == 1);
    }
    busy.wait_for(5);
    check_all_failed(busy.sends());
}

TEST_CASE("A client that is assigned to closes its own connection", "[client][concurrency]") {
    Busy one;
    Busy other;
    one.client() = std::move(other.client());
    one.wait_for(5);
    check_all_failed(one.sends());
    CHECK(other.sends().done() == 1);
    // The connection that it has now is of the other's context, which goes first.
}

TEST_CASE("The coroutine that an answer resumes may destroy the client", "[client]") {
    LineServer const server({.answer = [](std::size_t number, std::string const&) {
        return LineServer::Reply{.bytes = number == 0 ? "ok\n" : ""};
    }});
    test::Stage stage;
    auto const talk = [&server]() -> asio::awaitable<void> {
        std::optional<Client> client(
            co_await Client::open(parse_address(server.address()), patient));
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        Sends sends(executor);
        auto const first = [&]() -> asio::awaitable<void> {
            co_await client->send("first", patient);
            client.reset();
        };
        asio::co_spawn(executor, first(),
                       [](std::exception_ptr const& thrown) { CHECK(thrown == nullptr); });
        sends.start_all(*client, {"second", "third"});
        co_await sends.all_done();
        for (std::size_t number = 0; number < 2; ++number) {
            CHECK(sends[number].code == Errc::client_closed);
        }
    };
    stage.play_all({talk});
}

TEST_CASE("A client that is destroyed while it waits to connect again lets its context end",
          "[client][concurrency]") {
    test::Listener listener("unix:@roger-lifetime-" + std::to_string(getpid()), 0);
    ClientOptions options;
    options.connect_timeout = patient;
    options.reconnect = {.initial_delay = std::chrono::hours(1),
                         .max_delay = std::chrono::hours(1)};
    bool const refused = GENERATE(false, true);
    asio::io_context context;
    auto const talk = [&]() -> asio::awaitable<void> {
        std::optional<Client> client(
            co_await Client::open(parse_address(listener.address()), options));
        Sends sends(co_await asio::this_coro::executor);
        listener.accept();
        std::optional<test::Peer> waiting;
        if (refused) {
            listener.close();
        } else {
            // The only place in the queue is taken.
            waiting.emplace(test::Peer::connect(listener.address()));
        }
        sends.start(*client, "a");
        co_await test::many_rounds();
        CHECK(sends.done() == 0);
        client.reset();
        co_await sends.all_done();
        CHECK(sends[0].code == Errc::client_closed);
    };
    auto done = asio::co_spawn(context, talk(), asio::use_future);
    context.run_for(test::default_deadline);
    REQUIRE(context.stopped());
    done.get();
}

TEST_CASE("A context may be destroyed while a client waits to connect again",
          "[client][concurrency]") {
    ClientOptions options;
    options.reconnect = {.initial_delay = std::chrono::hours(1),
                         .max_delay = std::chrono::hours(1)};
    std::optional<Client> client;
    auto context = std::make_unique<asio::io_context>();
    Sends sends(context->get_executor());
    auto const talk = [&]() -> asio::awaitable<void> {
        test::Listener listener("tcp:127.0.0.1:0");
        client.emplace(co_await Client::open(parse_address(listener.address()), options));
        listener.accept();
    };
    auto done = asio::co_spawn(*context, talk(), asio::use_future);
    context->run();
    done.get();
    sends.start(*client, "a");
    context->restart();
    context->run_for(20ms);
    REQUIRE(sends.done() == 0);
    context.reset();
    client.reset();
}

TEST_CASE("A client with nothing to do lets its context end", "[client]") {
    LineServer const server({});
    asio::io_context context;
    std::optional<Client> client;
    auto const talk = [&]() -> asio::awaitable<void> {
        client.emplace(co_await Client::open(parse_address(server.address()), patient));
        co_await client->send("hello", patient);
    };
    auto done = asio::co_spawn(context, talk(), asio::use_future);
    context.run_for(test::default_deadline);
    CHECK(context.stopped());
    done.get();
}

TEST_CASE("A send that is awaited after its client was destroyed is told so", "[client]") {
    LineServer const server({});
    test::Stage stage;
    auto const talk = [&server]() -> asio::awaitable<void> {
        std::optional<Client> client(
            co_await Client::open(parse_address(server.address()), patient));
        auto unawaited = client->send("never", patient);
        auto late = client->send("late", patient);
        client.reset();
        bool closed = false;
        try {
            co_await std::move(late);
        } catch (ClientError const& error) {
            closed = error.code() == Errc::client_closed;
        }
        CHECK(closed);
    };
    stage.play_all({talk});
    CHECK(server.messages() == 0);
}

}  // namespace roger
