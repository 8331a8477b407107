// Wrong use: each mistake is answered by a sentence that names it, and by the right status.
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <unistd.h>

using namespace roger::test;

namespace {

struct Mistake {
    std::vector<std::string> arguments;
    std::string named;  ///< what the sentence has to name
};

std::string joined(std::vector<std::string> const& words) {
    std::string out;
    for (auto const& word : words) {
        out += legible(word) + ' ';
    }
    return out;
}

/// One sentence on standard error that has all of `parts`, nothing on standard output.
void check_sentence(Launch launch, std::vector<std::string> const& parts, int status) {
    // Where no name server answers, that takes a second and not half a minute.
    launch.environment.emplace_back("RES_OPTIONS", "timeout:1 attempts:1");
    CAPTURE(joined(launch.arguments));
    auto const ended = run(launch);
    CAPTURE(ended.err);
    CHECK(ended.exit == Exit::with(status));
    CHECK(ended.out == "");
    CHECK(std::ranges::count(ended.err, '\n') == 1);
    CHECK(ended.err.ends_with('\n'));
    for (std::string const& part : parts) {
        CHECK_THAT(ended.err, Catch::Matchers::ContainsSubstring(part));
    }
    CHECK(ended.err.starts_with(launch.program.substr(launch.program.rfind('/') + 1) + ": "));
}

void check_wrong(Launch (*program)(std::vector<std::string>), std::vector<Mistake> const& all) {
    for (auto const& mistake : all) {
        check_sentence(program(mistake.arguments), {mistake.named}, 2);
    }
}

std::string const long_path = "unix:/tmp/" + std::string(200, 'p');

}  // namespace

TEST_CASE("A server without a usable address says so", "[usage-error][system]") {
    check_wrong(server_launch, {
                                   {{}, "ADDRESS"},
                                   {{"65536"}, "65536"},
                                   {{"127.0.0.1:65536"}, "65536"},
                                   {{"99999999999999999999"}, "99999999999999999999"},
                                   {{"abc"}, "abc"},
                                   {{"127.0.0.1:abc"}, "127.0.0.1:abc"},
                                   {{"127.0.0.1:"}, "127.0.0.1:"},
                                   {{"127.0.0.1"}, "127.0.0.1"},
                                   {{"::1:5"}, "::1:5"},
                                   {{"[::1]"}, "[::1]"},
                                   {{"[::1:0"}, "[::1:0"},
                                   {{":0"}, ":0"},
                                   {{""}, "address"},
                                   {{"http://127.0.0.1:0"}, "http://127.0.0.1:0"},
                                   {{"unix:"}, "unix:"},
                                   {{"unix:@"}, "unix:@"},
                                   {{long_path}, long_path},
                                   // One wrong among good ones spoils them all.
                                   {{"127.0.0.1:0", "abc"}, "abc"},
                               });
}

TEST_CASE("A server with a wrong option says so", "[usage-error][system]") {
    check_wrong(server_launch,
                {
                    {{"--limit", "0", "0"}, "--limit"},
                    {{"--limit", "-1", "0"}, "--limit"},
                    {{"--limit", "many", "0"}, "--limit"},
                    {{"--threads", "0", "0"}, "--threads"},
                    {{"--when-full", "maybe", "0"}, "--when-full"},
                    {{"--when-full", "1", "0"}, "--when-full"},
                    {{"--show", "xml", "0"}, "--show"},
                    {{"--show", "7", "0"}, "--show"},
                    {{"--log-level", "loud", "0"}, "--log-level"},
                    {{"--log-level", "9", "0"}, "--log-level"},
                    {{"--ack", "two\nlines", "0"}, "--ack"},
                    {{"--ack", "taken\r", "0"}, "--ack: a carriage return at the end"},
                    {{"--ack", std::string(70'000, 'a'), "0"},
                     "--ack: with its newline it has 70001 bytes, and an answer has at most 65536: "
                     "shorten it"},
                    {{"--ack", std::string(65'507, 'a'), "0", "udp:0"},
                     "--ack: with its newline it has 65508 bytes, and the answer to a "
                     "datagram has at most 65507: shorten it"},
                    {{"--ack"}, "--ack"},
                    {{"--ack=", "abc"}, "abc"},
                    {{"--limit=", "0"}, "--limit"},
                    {{"--idle-timeout=", "0"}, "--idle-timeout"},
                    {{"--sync=", "0"}, "--sync="},
                    {{"--sync=0", "0"}, "--sync"},
                    {{"--once=-1", "0"}, "--once"},
                    {{"--classic=", "0"}, "--classic="},
                    {{"--", "--ack="}, "--ack="},
                });
}

TEST_CASE("An option that there is not is named, whatever else is wrong", "[usage-error][system]") {
    for (auto* const program : {server_launch, client_launch}) {
        check_wrong(program, {
                                 {{"--nonsense"}, "--nonsense"},
                                 {{"-z"}, "-z"},
                                 {{"--nonsense", "0"}, "--nonsense"},
                                 {{"-z", "0"}, "-z"},
                                 {{"--nonsense", "value", "localhost", "1"}, "--nonsense"},
                                 {{"abc", "--nonsense=value"}, "--nonsense"},
                                 {{"--nonsense="}, "--nonsense"},
                             });
    }
}

TEST_CASE("What was given to an option that there is not is not shown", "[usage-error][system]") {
    for (std::string const option : {"--too", "-to"}) {
        auto const ended = run(server_launch({option + "=nats://me:secret@h/LOG", "0"}));
        CAPTURE(ended.err);
        CHECK(ended.exit == Exit::with(2));
        CHECK_THAT(ended.err, Catch::Matchers::ContainsSubstring(option));
        CHECK_THAT(ended.err, !Catch::Matchers::ContainsSubstring("secret"));
    }
}

TEST_CASE("A time or a size without a unit, or no time at all, is refused",
          "[usage-error][system]") {
    for (std::string const option :
         {"--idle-timeout", "--message-timeout", "--write-timeout", "--drain-timeout"}) {
        check_wrong(server_launch, {{{option, "5", "0"}, option + ": '5' has no unit"},
                                    {{option, "5x", "0"}, option},
                                    {{option, "1.5s", "0"}, option},
                                    {{option, "-5s", "0"}, option},
                                    {{option, "", "0"}, option},
                                    {{option, "0s", "0"}, option},
                                    {{option, "soon", "0"}, option}});
    }
    for (std::string const option : {"--connect-timeout", "--ack-timeout"}) {
        check_wrong(client_launch, {{{option, "5", "127.0.0.1:1"}, option},
                                    {{option, "0ms", "127.0.0.1:1"}, option}});
    }
    check_wrong(server_launch, {{{"--max-message", "64", "0"}, "--max-message"},
                                {{"--max-message", "64kb", "0"}, "--max-message"},
                                {{"--max-message", "0B", "0"}, "--max-message"},
                                {{"--max-message", "none", "0"}, "--max-message"}});
}

TEST_CASE("Sending again is for datagrams only", "[usage-error][system]") {
    check_wrong(client_launch, {{{"--retries", "1", "127.0.0.1:1"}, "only a datagram"},
                                {{"--retries", "0", "unix:@nobody"}, "only a datagram"},
                                {{"--retries", "-1", "udp:127.0.0.1:1"}, "--retries"}});
}

TEST_CASE("A client without a usable address says so", "[usage-error][system]") {
    check_wrong(client_launch, {
                                   {{}, "ADDRESS"},
                                   {{"127.0.0.1", "0"}, "port"},
                                   {{"127.0.0.1:0"}, "port"},
                                   {{"127.0.0.1", "65536"}, "65536"},
                                   {{"127.0.0.1", "abc"}, "abc"},
                                   {{"127.0.0.1", ""}, "port"},
                                   {{"127.0.0.1:65536"}, "65536"},
                                   {{"127.0.0.1"}, "127.0.0.1"},
                                   {{"abc"}, "abc"},
                                   {{"51717"}, "host"},
                                   {{"", "51717"}, "host"},
                                   {{"127.0.0.1", "1", "2"}, "2"},
                                   {{"unix:"}, "unix:"},
                                   {{long_path}, long_path},
                               });
}

TEST_CASE("A client with a wrong option says so", "[usage-error][system]") {
    check_wrong(client_launch, {
                                   {{"--keep=", "127.0.0.1:1"}, "--keep="},
                                   {{"--retries=", "udp:127.0.0.1:1"}, "--retries"},
                                   {{"--message", "a\nb", "127.0.0.1:1"}, "--message"},
                                   {{"127.0.0.1:1", "--message"}, "--message"},
                                   {{"--message", "x", "--keep", "127.0.0.1:1"}, "--keep"},
                               });
}

TEST_CASE("A server whose address is in use says which", "[usage-error][system]") {
    Listener const holder("tcp:127.0.0.1:0");
    check_sentence(server_launch({holder.address()}), {holder.address(), "in use"}, 1);

    Listener const abstract("unix:@roger-test-in-use-" + std::to_string(::getpid()));
    check_sentence(server_launch({abstract.address()}), {abstract.address()}, 1);

    // The other addresses of the same server are given up too.
    TempDir const directory;
    check_sentence(server_launch({"unix:" + directory / "s", holder.address()}), {holder.address()},
                   1);
    CHECK_FALSE(std::filesystem::exists(directory / "s"));
}

TEST_CASE("A server without the right to a port says so", "[usage-error][system]") {
    if (std::stoi(read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start")) <= 1) {
        SKIP("every port is open to everybody here: ip_unprivileged_port_start");
    }
    auto launch = server_launch({"127.0.0.1:1"});
    if (::geteuid() == 0) {
        launch.user = 65534;
        if (run({.program = "/usr/bin/test",
                 .arguments = {"-x", launch.program},
                 .user = launch.user})
                .exit != Exit::with(0)) {
            SKIP("an unprivileged user cannot reach " + launch.program);
        }
    }
    check_sentence(launch, {"127.0.0.1:1", "Permission denied"}, 1);
}

TEST_CASE("A server that cannot have its address says why", "[usage-error][system]") {
    TempDir const directory;
    check_sentence(server_launch({"no-such-host.invalid:0"}),
                   {"no-such-host.invalid", "; correct its name, or give"}, 1);
    check_sentence(server_launch({"192.0.2.1:0"}),
                   {"192.0.2.1", "; choose an address that this host has"}, 1);
    // A folder where the socket's file shall be, and no folder to put it in.
    auto const path = directory.path().string();
    check_sentence(server_launch({"unix:" + path}), {path}, 1);
    CHECK(std::filesystem::is_directory(directory.path()));
    check_sentence(server_launch({"unix:" + path + "/none/s"}),
                   {path + "/none/s", "; make the folder first"}, 1);
}

TEST_CASE("A client that cannot reach a server says why", "[usage-error][system]") {
    TempDir const directory;
    auto const path = directory.path().string();
    RefusingAddress const refusing;
    check_sentence(client_launch({refusing.address()}), {refusing.address(), "refused"}, 1);
    check_sentence(client_launch({"no-such-host.invalid", "1"}), {"no-such-host.invalid"}, 1);
    check_sentence(client_launch({"unix:" + path + "/none"}), {path + "/none"}, 1);
    check_sentence(client_launch({"unix:" + path}), {path}, 1);
    check_sentence(client_launch({"unix:@roger-test-nobody"}), {"unix:@roger-test-nobody"}, 1);
    write_file(directory / "file", "not a socket");
    check_sentence(client_launch({"unix:" + directory / "file"}), {path + "/file"}, 1);
    CHECK(read_file(directory / "file") == "not a socket");
}

TEST_CASE("Help and version are printed on standard output", "[usage-error][system]") {
    for (auto* const program : {server_launch, client_launch}) {
        for (std::string const option : {"--help", "--version"}) {
            auto launch = program({option});
            CAPTURE(launch.program, option);
            auto const shown = run(launch);
            CHECK(shown.exit == Exit::with(0));
            CHECK(shown.out.ends_with('\n'));
            CHECK(shown.err == "");
            launch.out = Stdio::file("/dev/full");
            auto const lost = run(launch);
            CHECK(lost.exit == Exit::with(1));
            CHECK(lost.err != "");
        }
    }
}
