// Back-pressure: a standard output that fails: no ack without a record, and an end that says why.
#include "support/flood.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

std::string const ack = "I got your message\n";
std::string const refusal = "error: cannot display\n";

ServerProcess start_server(std::vector<std::string> arguments, Stdio out) {
    ServerSetup setup;
    setup.out = std::move(out);
    return ServerProcess::start(std::move(arguments), std::move(setup));
}

/// The end of a server whose output fails: status 1, and one sentence that holds `reason`.
void check_end(Process& server, std::string_view reason) {
    CHECK(server.wait_for_exit() == Exit::with(1));
    auto const said = server.err().read_all();
    CAPTURE(said);
    auto const found = said.find(fmt::format("cannot write to standard output: {}", reason));
    CHECK(found != std::string::npos);
    CHECK(said.find("cannot write", found + 1) == std::string::npos);
}

/// What the clients of a failing server heard: nothing of an ack for what is not in `output`, and
/// for the others why.
void check_clients(Flood const& flood, std::string_view output) {
    require_acked_is_displayed(flood, output);
    std::size_t refused = 0;
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        std::size_t answers = flood.acked(client);
        for (auto const& line : split_lines(flood.last_words(client))) {
            CAPTURE(client, line);
            CHECK((line == "error: cannot display" || line == "error: shutting down"));
            refused += line == "error: cannot display" ? 1 : 0;
            answers += line == "error: cannot display" ? 1 : 0;
        }
        CHECK(answers <= flood.begun(client));
        CHECK(flood.last_words(client) != "");
    }
    CHECK(refused > 0);
}

/// A shell command line that runs what follows on it in its own view of the file system.
Launch in_own_mounts(Launch launch, std::string const& script, std::string const& path) {
    std::vector<std::string> arguments{"--mount"};
    if (::geteuid() != 0) {
        arguments.insert(arguments.end(), {"--user", "--map-root-user"});
    }
    arguments.insert(arguments.end(), {"/bin/sh", "-c", script, path, launch.program});
    arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
    launch.program = "/usr/bin/unshare";
    launch.arguments = std::move(arguments);
    return launch;
}

}  // namespace

TEST_CASE("Where nothing can be written nothing is acked", "[back-pressure][system]") {
    auto server = start_server({"127.0.0.1:0"}, Stdio::file("/dev/full"));
    Peer other = Peer::connect(server.address());
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\nthree\n");
    CHECK(peer.receive_all() == refusal + refusal + refusal);
    CHECK(other.receive_all() == "error: shutting down\n");
    peer.close();
    other.close();
    check_end(server.process(), "No space left on device");
    auto const said = server.process().err().seen();
    CHECK(said.find("messages=3 displayed=0 acknowledged=0") != std::string::npos);
    CHECK(said.find("refused_display=3") != std::string::npos);
}

TEST_CASE("What cannot be synced is refused at once with --sync", "[back-pressure][system]") {
    for (auto const& out : {Stdio::pipe(), Stdio::file("/dev/full")}) {
        auto launch = server_launch({"--sync", "127.0.0.1:0"});
        launch.out = out;
        auto const refused = run(launch);
        CAPTURE(refused.err);
        CHECK(refused.exit == Exit::with(2));
        CHECK(refused.err.find("--sync: standard output cannot be synced") != std::string::npos);
        CHECK(split_lines(refused.err).size() == 1);
    }
}

TEST_CASE("A message too long is refused as such, whatever becomes of the others",
          "[back-pressure][system]") {
    auto server = start_server({"--max-message", "16B", "127.0.0.1:0"}, Stdio::file("/dev/full"));
    Peer peer = Peer::connect(server.address());
    peer.send("one\n" + std::string(17, 'x') + "\nthree\n");
    CHECK(peer.receive_all() == refusal + "error: message longer than 16 bytes\n" + refusal);
}

TEST_CASE("A pipe that nobody reads any more ends the server", "[back-pressure][system]") {
    auto server = start_server({"127.0.0.1:0"}, Stdio::pipe());
    Peer peer = Peer::connect(server.address());
    peer.send("read\n");
    CHECK(peer.receive_exactly(ack.size()) == ack);
    CHECK(server.process().out().read_line() == "read");
    server.process().out().close();
    peer.send("not read\n");
    CHECK(peer.receive_all() == refusal);
    peer.close();
    check_end(server.process(), "Broken pipe");
}

TEST_CASE("A pipe that nobody reads any more, under load, gets an ack for what it holds only",
          "[back-pressure][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_server({"--threads", threads, "127.0.0.1:0"}, Stdio::pipe());
    Flood flood(server.address(), {});
    flood.run_until_acked(1000);
    // What stays unread in the pipe cannot be looked at: it may have been acked all the same.
    server.process().out().close();
    flood.run_until_ended();
    check_end(server.process(), "Broken pipe");
    auto const records = flood.records(server.process().out().seen());
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        CAPTURE(client);
        CHECK(records.of_client[client] <= flood.begun(client));
        auto const& words = flood.last_words(client);
        CHECK((words.ends_with(refusal) || words == "error: shutting down\n"));
    }
}

TEST_CASE("A socket that nobody reads any more ends the server", "[back-pressure][system]") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    Peer reader{Descriptor(ends[0])};
    Descriptor const writer(ends[1]);
    auto server = start_server({"127.0.0.1:0"}, Stdio::descriptor(writer.get()));
    Peer peer = Peer::connect(server.address());
    peer.send("read\n");
    CHECK(peer.receive_exactly(ack.size()) == ack);
    CHECK(reader.receive_line() == "read");
    reader.close();
    peer.send("not read\n");
    CHECK(peer.receive_all() == refusal);
    peer.close();
    check_end(server.process(), "Broken pipe");
}

TEST_CASE("A file that may not grow any further ends the server, and holds whatever was acked",
          "[back-pressure][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    auto const sync = GENERATE(false, true);
    CAPTURE(threads, sync);
    std::vector<std::string> arguments{"--threads", threads, "127.0.0.1:0"};
    if (sync) {
        arguments.insert(arguments.begin(), "--sync");
    }
    ServerSetup setup;
    setup.launch.file_size = 300'000;  // not a multiple of a record's size
    auto server = ServerProcess::start(arguments, std::move(setup));
    Flood flood(server.address(), {});
    flood.run_until_ended();
    check_end(server.process(), "File too large");
    auto const output = server.output();
    CHECK(output.size() == 300'000);
    check_clients(flood, output);
}

TEST_CASE("One client alone learns which of its messages a full file still took",
          "[back-pressure][system]") {
    ServerSetup setup;
    setup.launch.file_size = 15;
    auto server = ServerProcess::start({"127.0.0.1:0"}, std::move(setup));
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\nthree\nfour\nfive\n");
    CHECK(peer.receive_all() == ack + ack + ack + refusal + refusal);
    peer.close();
    check_end(server.process(), "File too large");
    CHECK(server.output() == "one\ntwo\nthree\nf");
}

TEST_CASE("A full disk ends the server, and holds whatever was acked", "[back-pressure][system]") {
    TempDir const directory;
    auto const mount = [](std::string const& then) {
        return R"(mount -t tmpfs -o size=256k roger-test "$0" && )" + then;
    };
    std::filesystem::create_directory(directory / "disk");
    auto const attempt =
        run(in_own_mounts({.program = "/bin/true"}, mount("true"), directory / "disk"));
    if (attempt.exit != Exit::with(0)) {
        SKIP("this machine lets no test mount a small disk: " << attempt.err);
    }
    Process server(in_own_mounts(server_launch({"127.0.0.1:0"}),
                                 mount(R"(exec "$@" > "$0/output")"), directory / "disk"));
    auto const announced = server.err().read_until("\n");
    auto const address = announced.substr(announced.find("tcp:"));
    // The disk is gone with the server, but for whoever has it open.
    auto const path = fmt::format("/proc/{}/root{}", server.id(), directory / "disk/output");
    Descriptor const disk(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(disk);
    Flood flood(address.substr(0, address.size() - 1), {});
    flood.run_until_ended();
    check_end(server, "No space left on device");
    auto const output = read_file(fmt::format("/proc/self/fd/{}", disk.get()));
    CHECK(output.size() <= 256 * 1024);
    CHECK(output.size() > 200'000);
    check_clients(flood, output);
}
