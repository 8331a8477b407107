// NATS servers that want to know who comes, and prove who they are.
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/load_process.hpp"
#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/publishing.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace roger::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// One that nobody else vouches for.
struct Certificate {
    /// `name`: as in a subjectAltName. Skips the test where none can be made.
    explicit Certificate(std::string const& name) {
        if (!std::filesystem::exists("/usr/bin/openssl")) {
            SKIP("openssl is not installed");
        }
        Run const made =
            run({.program = "/usr/bin/openssl",
                 .arguments = {"req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=" + name, "-keyout", key,
                               "-out", file}});
        REQUIRE(made.exit == Exit::with(0));
    }

    /// Of a NATS server that has it.
    [[nodiscard]] std::string settings() const {
        return fmt::format(R"(cert_file: "{}", key_file: "{}")", file, key);
    }

    TempDir directory;
    std::string key = directory / "key.pem";
    std::string file = directory / "certificate.pem";
};

std::vector<std::string> over_tls(NatsServer const& nats, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--to", "tls://" + nats.host_and_port() + "/LOG",
                                       "--create-stream=1", "127.0.0.1:0"});
    return arguments;
}

void check_not_connected(std::vector<std::string> const& arguments) {
    Run const ended = refused(arguments);
    CHECK(ended.exit == Exit::with(1));
    CHECK_THAT(ended.err, StartsWith("server: cannot connect to tls://"));
}

}  // namespace

TEST_CASE("A NATS server that wants a password gets the one given, which is told nobody",
          "[stream][system]") {
    need_nats();
    NatsServer const nats({.settings = R"(authorization { user: me, password: "secret@,/%" })"});
    std::vector<std::string> const more = {"--create-stream=1", "127.0.0.1:0"};
    auto const to = [&](std::string const& user) {
        std::vector<std::string> arguments = {"--to",
                                              "nats://" + user + nats.host_and_port() + "/LOG"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    };
    for (std::string const user : {"", "me:wrong@"}) {
        CAPTURE(user);
        Run const ended = refused(to(user));
        CHECK(ended.exit == Exit::with(1));
        CHECK_THAT(ended.err, StartsWith("server: cannot connect to nats://127.0.0.1:"));
        CHECK_THAT(ended.err, !ContainsSubstring("wrong"));
    }
    auto server = start_publishing(to("me:secret%40%2c%2F%25@"));
    client_with_ack(server);
    CHECK(server.stop() == Exit::with(0));
    CHECK_THAT(server.process().err().seen(), !ContainsSubstring("secret"));
}

TEST_CASE("A NATS server with accounts lets in who has credentials in a file", "[stream][system]") {
    need_nats();
    std::filesystem::path const accounts = ROGER_NATS_ACCOUNTS;
    NatsServer const nats({.settings = read_file(accounts / "accounts.conf")});
    Run const stranger = refused(publishing(nats));
    CHECK(stranger.exit == Exit::with(1));
    CHECK_THAT(stranger.err, ContainsSubstring("Authorization Violation"));
    auto server = start_publishing(publishing(nats, {"--creds", accounts / "user.creds"}));
    client_with_ack(server);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A NATS server is spoken to over TLS, if its certificate is good", "[stream][system]") {
    need_nats();
    Certificate const certificate("IP:127.0.0.1");
    NatsServer const nats({.settings = fmt::format("tls {{ {} }}", certificate.settings())});
    check_not_connected(over_tls(nats, {}));

    auto server = start_publishing(over_tls(nats, {"--tlsca", certificate.file}));
    client_with_ack(server);
    // So is the audit of a load test.
    Run const audited =
        run(load_launch({"--messages", "100", "--audit", "tls://" + nats.host_and_port() + "/LOG",
                         "--tlsca", certificate.file, server.address()}));
    CAPTURE(audited.err);
    CHECK(audited.exit == Exit::with(0));
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A NATS server with another's certificate is not spoken to", "[stream][system]") {
    need_nats();
    Certificate const certificate("DNS:elsewhere.example");
    NatsServer const nats({.settings = fmt::format("tls {{ {} }}", certificate.settings())});
    check_not_connected(over_tls(nats, {"--tlsca", certificate.file}));
}

TEST_CASE("A NATS server that wants a certificate gets the one given", "[stream][system]") {
    need_nats();
    Certificate const certificate("IP:127.0.0.1");
    Certificate const ours("DNS:roger.example");
    NatsServer const nats({.settings = fmt::format(R"(tls {{ {}, ca_file: "{}", verify: true }})",
                                                   certificate.settings(), ours.file)});
    check_not_connected(over_tls(nats, {"--tlsca", certificate.file}));
    auto server = start_publishing(over_tls(
        nats, {"--tlsca", certificate.file, "--tlscert", ours.file, "--tlskey", ours.key}));
    client_with_ack(server);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("A user needs no more permissions than are documented", "[stream][system]") {
    need_nats();
    auto const user = [](std::string const& name, std::string const& publish) {
        return fmt::format(R"({{ user: {}, password: secret, permissions: )"
                           R"({{ publish: [{}], subscribe: "_INBOX.>" }} }}, )",
                           name, publish);
    };
    NatsServer const nats(
        {.settings =
             "authorization { users: [ " +
             user("sender", R"("LOG.me.*", "$JS.API.INFO", "$JS.API.STREAM.NAMES", )"
                            R"("$JS.API.STREAM.INFO.LOG", "$JS.API.STREAM.CREATE.LOG", )"
                            R"("$JS.API.STREAM.MSG.GET.LOG")") +
             user("reader", R"("$JS.API.STREAM.NAMES", "$JS.API.STREAM.MSG.GET.LOG")") +
             user("stranger", R"("LOG.me.*")") +
             user("spectator", R"("LOG.other.*", "$JS.API.STREAM.NAMES", )"
                               R"("$JS.API.STREAM.INFO.LOG", "$JS.API.STREAM.MSG.GET.LOG")") +
             "] }"});
    auto const to = [&](std::string const& name) {
        return "nats://" + name + ":secret@" + nats.host_and_port() + "/LOG";
    };
    auto const arguments = [&](std::string const& name, std::vector<std::string> more) {
        more.insert(more.end(), {"--to", to(name), "--server-name", "me", "127.0.0.1:0"});
        return more;
    };
    auto server = start_publishing(arguments("sender", {"--create-stream=1"}));
    client_with_ack(server);
    Run const audited =
        run(load_launch({"--messages", "100", "--audit", to("reader"), server.address()}));
    CAPTURE(audited.err);
    CHECK(audited.exit == Exit::with(0));
    CHECK(server.stop() == Exit::with(0));

    // Any others are told what is missing.
    Run const stranger = refused(arguments("stranger", {}));
    CHECK(stranger.exit == Exit::with(1));
    CHECK_THAT(stranger.err,
               ContainsSubstring(
                   R"(STREAM.NAMES: Permissions Violation for Publish to "$JS.API.STREAM.NAMES")"));
    auto spectator = start_publishing(arguments("spectator", {"--publish-timeout", "5s"}));
    Peer peer = Peer::connect(spectator.address());
    check_cannot_store(peer, "not stored");
    spectator.process().err().read_until(
        R"(error: cannot store: Permissions Violation for Publish to "LOG.me.0")");
    CHECK(spectator.stop() == Exit::with(0));
}

TEST_CASE("A permission that was missing once is not blamed for what fails later",
          "[stream][system]") {
    need_nats();
    auto const permitting = [](std::string const& subject) {
        return fmt::format(
            R"(authorization {{ users: [ {{ user: me, password: secret, permissions: )"
            R"({{ publish: ["$JS.API.>", "{}"] }} }} ] }})",
            subject);
    };
    NatsServer nats({.settings = permitting("LOG.other.*")});
    auto server = start_publishing({"--to", "nats://me:secret@" + nats.host_and_port() + "/LOG",
                                    "--create-stream=1", "--server-name", "me", "127.0.0.1:0"});
    Peer peer = Peer::connect(server.address());
    peer.send("stored when it is permitted\n");
    server.process().err().read_until("error: cannot store: Permissions Violation for Publish");
    nats.reload(permitting("LOG.me.*"));
    CHECK(peer.receive_line() == ack);
    server.process().err().read_until("stored again, after ");
    nats.kill();
    peer.send("not stored\n");
    server.process().err().read_until("error: cannot store: no connection to ");
    std::string const seen = server.process().err().seen();
    CHECK_THAT(seen.substr(seen.find("stored again, after ")), !ContainsSubstring("Permissions"));
}

TEST_CASE("A NATS server that wants a token gets the one given, which is told nobody",
          "[stream][system]") {
    need_nats();
    NatsServer const nats({.settings = R"(authorization { token: "secret" })"});
    auto const with = [&](std::string const& token) -> std::vector<std::string> {
        return {"--to", "nats://" + token + "@" + nats.host_and_port() + "/LOG",
                "--create-stream=1", "127.0.0.1:0"};
    };
    Run const ended = refused(with("wrong"));
    CHECK(ended.exit == Exit::with(1));
    CHECK_THAT(ended.err, StartsWith("server: cannot connect to nats://127.0.0.1:") &&
                              !ContainsSubstring("wrong"));
    auto server = start_publishing(with("secret"));
    client_with_ack(server);
    CHECK(server.stop() == Exit::with(0));
    CHECK_THAT(server.process().err().seen(), !ContainsSubstring("secret"));
}
