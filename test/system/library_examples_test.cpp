// The examples that use the library do what each of them says.
#include "support/answers.hpp"
#include "support/files.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <set>
#include <string>
#include <vector>

#ifdef ROGER_EXAMPLE_SQLITE
#include <sqlite3.h>
#endif

using namespace roger::test;

namespace {

#ifdef ROGER_EXAMPLE_SQLITE
/// Another user of the example's database.
class Onlooker {
public:
    explicit Onlooker(std::string const& path) { sqlite3_open(path.c_str(), &connection_); }
    ~Onlooker() { sqlite3_close(connection_); }
    Onlooker(Onlooker const&) = delete;
    Onlooker& operator=(Onlooker const&) = delete;

    /// The first column of each row.
    std::vector<std::string> query(char const* sql) {
        std::vector<std::string> rows;
        auto const add = [](void* all, int, char** columns, char**) {
            static_cast<std::vector<std::string>*>(all)->emplace_back(columns[0]);
            return 0;
        };
        if (sqlite3_exec(connection_, sql, add, &rows, nullptr) != SQLITE_OK) {
            throw Failure(sqlite3_errmsg(connection_));
        }
        return rows;
    }

private:
    sqlite3* connection_ = nullptr;
};

struct SqliteExample {
    TempDir directory;
    std::string file = directory / "messages.db";
    Process process{Launch{.program = ROGER_EXAMPLES "/sqlite",
                           .arguments = {"unix:" + directory / "socket", file}}};
    std::string address = announced(process);
};
#endif

void skip_without_sqlite() {
#ifndef ROGER_EXAMPLE_SQLITE
    SKIP("there is no SQLite (libsqlite3-dev)");
#endif
}

}  // namespace

TEST_CASE("The SQLite example's ack means that a message is committed", "[examples][system]") {
    skip_without_sqlite();
#ifdef ROGER_EXAMPLE_SQLITE
    SqliteExample example;
    std::vector<Peer> peers;
    std::multiset<std::string> sent;
    for (int number = 0; number < 20; ++number) {
        peers.push_back(Peer::connect(example.address));
        peers.back().send("first\nsecond\n");
        sent.insert({"first", "second"});
    }
    for (Peer& peer : peers) {
        CHECK(peer.receive_line() == ack);
        CHECK(peer.receive_line() == ack);
    }
    example.process.signal(SIGKILL);
    example.process.wait_for_exit();
    auto const rows = Onlooker(example.file).query("SELECT text FROM messages");
    CHECK(std::multiset<std::string>(rows.begin(), rows.end()) == sent);
#endif
}

TEST_CASE("What the SQLite example cannot commit is refused, and it goes on",
          "[examples][system]") {
    skip_without_sqlite();
#ifdef ROGER_EXAMPLE_SQLITE
    SqliteExample example;
    Peer peer = Peer::connect(example.address);
    talk(peer, "before");
    Onlooker onlooker(example.file);
    onlooker.query("BEGIN IMMEDIATE");
    peer.send("meanwhile\n");
    CHECK(peer.receive_line() == "error: not stored: database is locked");
    onlooker.query("COMMIT");
    talk(peer, "after");
    peer.close();
    CHECK(example.process.terminate() == Exit::with(0));
    CHECK(onlooker.query("SELECT text FROM messages") ==
          std::vector<std::string>{"before", "after"});
#endif
}

TEST_CASE("The example on its own io_context serves, reports and drains at a signal",
          "[examples][system]") {
    Process process({.program = ROGER_EXAMPLES "/own_context", .arguments = {"127.0.0.1:0"}});
    Peer peer = Peer::connect(announced(process));
    talk(peer, "hello");
    std::string report = process.err().read_line();
    while (report == "0 bytes kept") {
        report = process.err().read_line();
    }
    CHECK(report == "5 bytes kept");
    process.signal(SIGTERM);
    CHECK(peer.receive_all() == shutting_down_line);
    peer.close();
    CHECK(process.wait_for_exit() == Exit::with(0));
}

TEST_CASE("The example on its own io_context says why it cannot serve", "[examples][system]") {
    auto const refused =
        run({.program = ROGER_EXAMPLES "/own_context", .arguments = {"unix:/nowhere/socket"}});
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err ==
          "own_context: cannot listen on unix:/nowhere/socket: its lock file "
          "/nowhere/socket.lock: No such file or directory; make the folder first\n");
}

TEST_CASE("The reconnect example goes on with the next server", "[examples][system]") {
    TempDir const directory;
    std::string const address = "unix:" + directory / "socket";
    auto first = ServerProcess::start({address});
    Process client({.program = ROGER_EXAMPLES "/reconnect", .arguments = {address, "30"}});
    CHECK(client.out().read_line() == "report 1: acknowledged");
    first.signal(SIGKILL);
    first.wait_for_exit();
    auto next = ServerProcess::start({address});
    Exit const exit = client.wait_for_exit();
    auto const reports = split_lines(client.out().read_all());
    REQUIRE(reports.size() == 29);
    CHECK(reports.back() == "report 30: acknowledged");

    auto const lines = split_lines(first.output() + next.output());
    std::multiset<std::string> const displayed(lines.begin(), lines.end());
    bool all_acknowledged = true;
    for (std::string const& report : reports) {
        auto const colon = report.find(": ");
        auto const outcome = report.substr(colon + 2);
        CAPTURE(report);
        CHECK((outcome == "acknowledged" || outcome.starts_with("perhaps displayed: ")));
        CHECK(displayed.count(report.substr(0, colon)) <= 1);
        if (outcome == "acknowledged") {
            CHECK(displayed.contains(report.substr(0, colon)));
        } else {
            all_acknowledged = false;
        }
    }
    CHECK(exit == Exit::with(all_acknowledged ? 0 : 1));
}
