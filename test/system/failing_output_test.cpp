// Backpressure: a standard output that fails: no ack without a record, and an end that says why.
#include "support/answers.hpp"
#include "support/flood.hpp"
#include "support/mounts.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

ServerProcess start_writing_to(std::vector<std::string> arguments, Stdio out) {
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

/// Clients that the server has accepted, all of them, before any of them says a word: whoever is
/// still in its listen queue when the output fails is not told why.
Flood start_flood(Process& server, std::string const& address) {
    Flood flood(address, {});
    auto const all = fmt::format(" clients={} ", flood.clients());
    eventually("the server has accepted them", [&] {
        server.signal(SIGUSR1);
        return server.err().read_line().find(all) != std::string::npos;
    });
    return flood;
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

/// A disk of 256 KiB, for one process and its children. Skips the test where there can be none.
class SmallDisk {
public:
    SmallDisk() {
        std::filesystem::create_directory(path_);
        if (auto const why = why_no_mounts(mount + "true", path_.string()); !why.empty()) {
            SKIP("this machine lets no test mount a small disk: " << why);
        }
    }

    /// `launch`, by a shell that sees the disk as `$0` and the command line as `$@`.
    [[nodiscard]] Launch run(Launch launch, std::string const& script) const {
        return in_own_mounts(std::move(launch), mount + script, path_.string());
    }

    /// The file `output` on it.
    [[nodiscard]] Descriptor open(Process const& process) const {
        auto const path = fmt::format("/proc/{}/root{}/output", process.id(), path_.string());
        Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) {
            throw Failure(path + ": " + errno_text(errno));
        }
        return file;
    }

private:
    inline static std::string const mount =
        R"(mount -t tmpfs -o size=256k roger-test "$0" || exit; )";

    TempDir directory_;
    std::filesystem::path path_ = directory_ / "disk";
};

std::string announced_address(Process& server) {
    server.err().read_until("listening on ");
    return server.err().read_line();
}

}  // namespace

TEST_CASE("Where nothing can be written nothing is acked", "[backpressure][system]") {
    auto server = start_writing_to({"127.0.0.1:0"}, Stdio::file("/dev/full"));
    Peer other = Peer::connect(server.address());
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\nthree\n");
    CHECK(peer.receive_all() == cannot_display_line + cannot_display_line + cannot_display_line);
    CHECK(other.receive_all() == "error: shutting down\n");
    peer.close();
    other.close();
    check_end(server.process(), "No space left on device");
    auto const said = server.process().err().seen();
    CHECK(said.find("messages=3 displayed=0 acknowledged=0") != std::string::npos);
    CHECK(said.find("handler_failed=3") != std::string::npos);
}

TEST_CASE("What cannot be synced is refused at once with --sync", "[backpressure][system]") {
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

TEST_CASE("A message too long is refused as such, even if the others cannot be written",
          "[backpressure][system]") {
    auto server =
        start_writing_to({"--max-message", "16B", "127.0.0.1:0"}, Stdio::file("/dev/full"));
    Peer peer = Peer::connect(server.address());
    peer.send("one\n" + std::string(17, 'x') + "\nthree\n");
    CHECK(peer.receive_all() ==
          cannot_display_line + "error: message longer than 16 bytes\n" + cannot_display_line);
}

TEST_CASE("A pipe that nobody reads any more ends the server", "[backpressure][system]") {
    auto server = start_writing_to({"127.0.0.1:0"}, Stdio::pipe());
    Peer peer = Peer::connect(server.address());
    peer.send("read\n");
    CHECK(peer.receive_exactly(ack_line.size()) == ack_line);
    CHECK(server.process().out().read_line() == "read");
    server.process().out().close();
    peer.send("not read\n");
    CHECK(peer.receive_all() == cannot_display_line);
    peer.close();
    check_end(server.process(), "Broken pipe");
}

TEST_CASE("A pipe that nobody reads any more, under load, gets an ack for what it holds only",
          "[backpressure][system][concurrency]") {
    auto const* const threads = GENERATE("1", "2");
    CAPTURE(threads);
    auto server = start_writing_to({"--threads", threads, "127.0.0.1:0"}, Stdio::pipe());
    Flood flood = start_flood(server.process(), server.address());
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
        CHECK((words.ends_with(cannot_display_line) || words == "error: shutting down\n"));
    }
}

TEST_CASE("A socket that nobody reads any more ends the server", "[backpressure][system]") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    Peer reader{Descriptor(ends[0])};
    Descriptor const writer(ends[1]);
    auto server = start_writing_to({"127.0.0.1:0"}, Stdio::descriptor(writer.get()));
    Peer peer = Peer::connect(server.address());
    peer.send("read\n");
    CHECK(peer.receive_exactly(ack_line.size()) == ack_line);
    CHECK(reader.receive_line() == "read");
    reader.close();
    peer.send("not read\n");
    CHECK(peer.receive_all() == cannot_display_line);
    peer.close();
    check_end(server.process(), "Broken pipe");
}

TEST_CASE("A file that may not grow any further ends the server, and holds whatever was acked",
          "[backpressure][system][concurrency]") {
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
    Flood flood = start_flood(server.process(), server.address());
    flood.run_until_ended();
    check_end(server.process(), "File too large");
    auto const output = server.output();
    CHECK(output.size() == 300'000);
    check_clients(flood, output);
}

TEST_CASE("One client alone learns which of its messages a full file still took",
          "[backpressure][system]") {
    ServerSetup setup;
    setup.launch.file_size = 15;
    auto server = ServerProcess::start({"127.0.0.1:0"}, std::move(setup));
    Peer peer = Peer::connect(server.address());
    peer.send("one\ntwo\nthree\nfour\nfive\n");
    CHECK(peer.receive_all() ==
          ack_line + ack_line + ack_line + cannot_display_line + cannot_display_line);
    peer.close();
    check_end(server.process(), "File too large");
    CHECK(server.output() == "one\ntwo\nthree\nf");
}

TEST_CASE("A full disk ends the server, and holds whatever was acked", "[backpressure][system]") {
    SmallDisk const disk;
    Process server(disk.run(server_launch({"127.0.0.1:0"}), R"(exec "$@" > "$0/output")"));
    auto const address = announced_address(server);
    // The disk is gone with the server, but for whoever has it open.
    Descriptor const file = disk.open(server);
    Flood flood = start_flood(server, address);
    flood.run_until_ended();
    check_end(server, "No space left on device");
    auto const output = read_file(fmt::format("/proc/self/fd/{}", file.get()));
    CHECK(output.size() <= 256 * 1024);
    CHECK(output.size() > 200'000);
    check_clients(flood, output);
}

TEST_CASE("When a full disk has space again, the next server's records are whole",
          "[backpressure][system]") {
    SmallDisk const disk;
    // One after the other, in one view of the disk; none of them outlives the test.
    Process servers(disk.run(server_launch({"127.0.0.1:0"}), R"(
        head -c 150000 /dev/zero > "$0/filler"
        setpriv --pdeathsig KILL "$@" >> "$0/output"
        rm "$0/filler"
        exec "$@" >> "$0/output")"));
    Flood flood(announced_address(servers), {});
    Descriptor const file = disk.open(servers);
    flood.run_until_ended();
    Peer peer = Peer::connect(announced_address(servers));
    peer.send("one\ntwo\n");
    CHECK(peer.receive_exactly(2 * ack_line.size()) == ack_line + ack_line);
    peer.close();
    CHECK(servers.terminate() == Exit::with(0));

    auto const output = read_file(fmt::format("/proc/self/fd/{}", file.get()));
    REQUIRE(output.ends_with("\none\ntwo\n"));
    auto before = output.substr(0, output.size() - 8);
    if (servers.err().seen().find("ended in the middle of a record") != std::string::npos) {
        before.pop_back();  // the newline that ended it
    }
    check_clients(flood, before);
}
