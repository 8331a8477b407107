// Options that cannot be are told when the server is made.
#include "net/descriptor.hpp"
#include "net/last_error.hpp"
#include "net/stage.hpp"
#include "roger/client.hpp"
#include "roger/error.hpp"
#include "roger/server.hpp"
#include "server/handlers.hpp"
#include "support/files.hpp"
#include "support/running_server.hpp"
#include "support/sanitizers.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace roger::test {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

struct Impossible {
    std::string names;  ///< what the sentence begins with
    std::function<void(ServerOptions&)> make;
};

std::vector<Impossible> impossible_options() {
    return {
        {"addresses: ", [](auto& options) { options.addresses.clear(); }},
        {"limit: ", [](auto& options) { options.limit = 0; }},
        {"limit: ", [](auto& options) { options.limit = std::numeric_limits<std::size_t>::max(); }},
        {"when_full: ", [](auto& options) { options.when_full = static_cast<WhenFull>(2); }},
        {"threads: ", [](auto& options) { options.threads = 0; }},
        {"threads: ", [](auto& options) { options.threads = 257; }},
        {"threads: ",
         [](auto& options) { options.threads = std::numeric_limits<std::size_t>::max(); }},
        {"max_message: ", [](auto& options) { options.max_message = 0; }},
        {"max_message: ",
         [](auto& options) { options.max_message = std::numeric_limits<std::size_t>::max(); }},
        {"ack: ", [](auto& options) { options.ack = "two\nlines"; }},
        {"ack: ", [](auto& options) { options.ack = "error: taken"; }},
        {"ack: a carriage return", [](auto& options) { options.ack = "taken\r"; }},
        {"ack: with its newline it has 65537 bytes",
         [](auto& options) { options.ack = std::string(65'536, 'a'); }},
        {"ack: ",
         [](auto& options) {
             options.ack = std::string(65'507, 'a');
             options.addresses.push_back(parse_address("udp:127.0.0.1:0"));
         }},
        {"ack: ",
         [](auto& options) {
             options.ack = std::string(65'507, 'a');
             options.addresses = {parse_address("unixgram:@roger-test-options")};
         }},
        {"idle_timeout: ", [](auto& options) { options.idle_timeout = 0ms; }},
        {"message_timeout: ", [](auto& options) { options.message_timeout = -1ms; }},
        {"write_timeout: ",
         [](auto& options) { options.write_timeout = std::chrono::milliseconds::max(); }},
        {"drain_timeout: ",
         [](auto& options) { options.drain_timeout = std::chrono::years(100) + 1ms; }},
        {"log: ", [](auto& options) { options.log = nullptr; }},
        {"on_started: ", [](auto& options) { options.on_started = nullptr; }},
        {"on_drain_ending: ", [](auto& options) { options.on_drain_ending = nullptr; }},
    };
}

/// The sentence and the code that a server with these options is refused with.
void check_refused(ServerOptions const& options, Handler const& handler, std::string const& names) {
    CAPTURE(names);
    try {
        Server const server(options, handler);
        FAIL_CHECK("it was made");
    } catch (Error const& error) {
        CHECK(error.code() == Errc::invalid_option);
        CHECK(std::string(error.what()).starts_with(names));
    }
}

/// The soft limit on open files, as it was when this ends.
class SoftFileLimit {
public:
    SoftFileLimit() { checked(::getrlimit(RLIMIT_NOFILE, &before_), "getrlimit"); }
    ~SoftFileLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    SoftFileLimit(SoftFileLimit const&) = delete;
    SoftFileLimit& operator=(SoftFileLimit const&) = delete;

    void set(std::size_t files) const {
        rlimit const now = {.rlim_cur = files, .rlim_max = before_.rlim_max};
        checked(::setrlimit(RLIMIT_NOFILE, &now), "setrlimit");
    }

private:
    rlimit before_ = {};
};

std::size_t lowest_free_descriptor() {
    return static_cast<std::size_t>(Descriptor(checked(::dup(0), "dup")).get());
}

}  // namespace

TEST_CASE("An option that cannot be is refused when the server is made, by name", "[server]") {
    for (auto const& [names, make] : impossible_options()) {
        ServerOptions options = at({"127.0.0.1:0"});
        make(options);
        check_refused(options, take, names);
    }
    check_refused(at({"127.0.0.1:0"}), Handler(std::function<Task<void>(Batch const&)>()),
                  "handler: ");
    check_refused(at({"127.0.0.1:0"}),
                  Handler(std::function<asio::awaitable<void>(Batch const&)>()), "handler: ");
}

TEST_CASE("The longest ack that a server can have reaches the library's client",
          "[server][client]") {
    std::string const longest(65'535, 'a');
    RunningServer running({.ack = longest}, take);
    Stage stage;
    std::string answer;
    auto const talk = [&]() -> asio::awaitable<void> {
        Client client = co_await Client::open(parse_address(running.address()), patient);
        answer = (co_await client.send("hello", patient)).text;
    };
    stage.play_all({talk});
    CHECK((answer == longest));
}

TEST_CASE("The longest timeouts are no trouble", "[server]") {
    ServerOptions options = at({"127.0.0.1:0"});
    options.idle_timeout = options.message_timeout = options.write_timeout = options.drain_timeout =
        std::chrono::years(100);
    Server server(options, take);
    server.stop();
    CHECK(server.run().success());
}

TEST_CASE("An address that the grammar does not allow is refused, to server and client",
          "[server][client]") {
    Address const address =
        GENERATE(Address{.transport = Transport::unix_stream, .host = {}, .port = 0, .path = ""},
                 Address{.transport = Transport::unix_stream, .host = {}, .port = 0, .path = "@"},
                 Address{.transport = Transport::tcp, .host = "two words", .port = 1, .path = {}},
                 Address{.transport = Transport::tcp, .host = "*", .port = 1, .path = {}},
                 Address{.transport = Transport{99}, .host = "127.0.0.1", .port = 1, .path = {}});
    CAPTURE(static_cast<int>(address.transport), address.host, address.path);
    CHECK_THROWS_AS(Server({.addresses = {address}}, take), AddressError);
    Stage stage;
    auto const connect = [&]() -> asio::awaitable<void> {
        co_await Client::open(address, patient);
    };
    CHECK_THROWS_AS(stage.play_all({connect}), AddressError);
}

TEST_CASE("A server on contexts of the caller's has one loop for each of them", "[server]") {
    asio::io_context context;
    ServerOptions options = at({"127.0.0.1:0"});
    CHECK_THROWS_WITH(Server({context, context}, options, take), StartsWith("contexts: "));
    options.threads = 2;
    CHECK_THROWS_WITH(Server(context, options, take), StartsWith("threads: "));
}

TEST_CASE("However few descriptors are left, a server that needs more says so", "[server]") {
    need_scarce_descriptors();
    TempDir const directory;
    std::string const place = GENERATE("127.0.0.1:0", "localhost:0", "udp:127.0.0.1:0", "unix:");
    std::string const address = place == "unix:" ? place + directory / "socket" : place;
    asio::io_context context;
    Server const before(context, at({"127.0.0.1:0"}), take);  // the context has its own by now
    std::size_t const open_now = lowest_free_descriptor();
    SoftFileLimit const limit;
    std::size_t too_few = 0;
    for (std::optional<Server> server; !server;) {
        limit.set(open_now + too_few);
        try {
            server.emplace(context, at({address}), take);
        } catch (Error const& error) {
            CAPTURE(error.what());
            CHECK(error.code() == Errc::too_few_descriptors);
            CHECK(std::string(error.what()).find("ulimit -n") != std::string::npos);
            CHECK((!error.cause() || error.cause() == std::errc::too_many_files_open));
            REQUIRE(++too_few < 100);
        }
    }
    CHECK(too_few > 3);
}

TEST_CASE("A limit beyond the limit on open files is refused with the remedy", "[server]") {
    ServerOptions options = at({"127.0.0.1:0"});
    options.limit = 100'000'000;
    try {
        Server const server(options, take);
        FAIL("it was made");
    } catch (Error const& error) {
        CHECK(error.code() == Errc::too_few_descriptors);
        CHECK(std::string(error.what()).starts_with("limit: "));
        CHECK(std::string(error.what()).find("ulimit -n") != std::string::npos);
    }
}

}  // namespace roger::test
