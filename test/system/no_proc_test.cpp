// Programs where there is no /proc, as in a bare chroot.
#include "support/load_process.hpp"
#include "support/mounts.hpp"
#include "support/peer.hpp"
#include "support/sanitizers.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>

using namespace roger::test;

namespace {

constexpr auto* no_proc = R"(mount -t tmpfs none /proc && exec "$@")";

Launch without_proc(Launch launch) {
    if constexpr (sanitized) {
        SKIP("ASan and TSan themselves need /proc: they find the stack by it");
    }
    if (std::string const reason = why_no_mounts(no_proc); !reason.empty()) {
        SKIP(reason);
    }
    return in_own_mounts(std::move(launch), no_proc);
}

}  // namespace

TEST_CASE("Without /proc the programs do their work", "[no-proc][system]") {
    TempDir const directory;
    auto launch = without_proc(server_launch({"--show", "raw", "127.0.0.1:0"}));
    launch.out = Stdio::file(directory / "output");
    Process server(launch);
    auto const address = announced(server);

    auto const client = run(without_proc(client_launch({address})), "hello\n");
    CHECK(client.out == "I got your message\n");
    CHECK(client.err.empty());
    CHECK(client.exit == Exit::with(0));
    CHECK(read_file(directory / "output") == "hello\n");

    auto const load = run(without_proc(load_launch(
        {"--clients", "2", "--messages", "100", "--audit", directory / "output", address})));
    CAPTURE(load.out, load.err);
    CHECK(load.out.find("planned 100 = acked 100") != std::string::npos);
    CHECK(load.exit != Exit::with(1));
    CHECK(load.err.starts_with("load: /proc/thread-self/schedstat cannot be read: "));
    CHECK(server.terminate() == Exit::with(0));
}

TEST_CASE("Without /proc a server writes to a pipe as well", "[no-proc][system]") {
    Process server(without_proc(server_launch({"127.0.0.1:0"})));
    Peer peer = Peer::connect(announced(server));
    std::string const long_message(60'000, 'm');
    for (int message = 0; message < 20; ++message) {
        peer.send(long_message + '\n');
        CHECK(peer.receive_line() == "I got your message");
        CHECK(server.out().read_line() == long_message);
    }
    peer.close();
    CHECK(server.terminate() == Exit::with(0));
}

TEST_CASE("Without /proc a server still knows how many clients it can have", "[no-proc][system]") {
    auto launch = without_proc(server_launch({"--limit", "1000", "127.0.0.1:0"}));
    launch.open_files = 64;
    auto const refused = run(launch);
    CAPTURE(refused.err);
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err.find("the system allows 64") != std::string::npos);

    std::string const remedy = "a limit of at most ";
    auto const most = refused.err.substr(refused.err.find(remedy) + remedy.size());
    launch = without_proc(
        server_launch({"--limit", std::to_string(std::stoul(most)), "--once", "127.0.0.1:0"}));
    launch.open_files = 64;
    Process server(launch);
    Peer::connect(announced(server)).close();
    CHECK(server.wait_for_exit() == Exit::with(0));
}
