// A record that an earlier server left unfinished: the next one, acknowledged, is not joined to it.
#include "support/answers.hpp"
#include "support/flood.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/users.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace roger::test;

namespace {

std::string const torn_tail = "standard output ended in the middle of a record";

ServerSetup writing_to(Stdio out) {
    ServerSetup setup;
    setup.out = std::move(out);
    return setup;
}

/// Says one message to a server, sees it acknowledged, and gives what the server said.
std::string say_hello(std::vector<std::string> arguments, ServerSetup setup) {
    arguments.emplace_back("127.0.0.1:0");
    auto server = ServerProcess::start(std::move(arguments), std::move(setup));
    Peer peer = Peer::connect(server.address());
    peer.send("hello\n");
    CHECK(peer.receive_line() == ack);
    peer.close();
    CHECK(server.stop() == Exit::with(0));
    server.process().err().read_all();
    return server.process().err().seen();
}

/// The messages of the records of `--show json`. Throws nlohmann::json::parse_error.
std::vector<std::string> messages_in(std::string const& records) {
    std::vector<std::string> out;
    for (auto const& record : split_lines(records)) {
        out.push_back(nlohmann::json::parse(record).at("message"));
    }
    return out;
}

}  // namespace

TEST_CASE("A record left unfinished is told and ended before the next is appended",
          "[torn-record][system]") {
    TempDir const directory;
    auto const* const show = GENERATE("text", "raw", "json");
    auto const sync = GENERATE(false, true);
    CAPTURE(show, sync);
    std::string const before = "whole\nhal";
    write_file(directory / "output", before);
    std::vector<std::string> arguments{"--show", show};
    if (sync) {
        arguments.emplace_back("--sync");
    }
    auto const said = say_hello(arguments, writing_to(Stdio::file(directory / "output")));
    CHECK(said.find(torn_tail) != std::string::npos);
    auto const output = read_file(directory / "output");
    REQUIRE(output.starts_with(before + '\n'));
    auto const record = output.substr(before.size() + 1);
    if (show == std::string("json")) {
        CHECK(messages_in(record) == std::vector<std::string>{"hello"});
    } else {
        CHECK(record == "hello\n");
    }
}

TEST_CASE("Where records do not go to the end, what counts is what is before them",
          "[torn-record][system]") {
    TempDir const directory;
    write_file(directory / "output", "one\nhalf\nlater\n");
    Descriptor const file(::open((directory / "output").c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(file);
    SECTION("the middle of a record") {
        REQUIRE(::lseek(file.get(), 6, SEEK_SET) == 6);
        auto const said = say_hello({}, writing_to(Stdio::descriptor(file.get())));
        CHECK(said.find(torn_tail) != std::string::npos);
        CHECK(read_file(directory / "output") == "one\nha\nhello\nr\n");
    }
    SECTION("the end of a record") {
        REQUIRE(::lseek(file.get(), 4, SEEK_SET) == 4);
        auto const said = say_hello({}, writing_to(Stdio::descriptor(file.get())));
        CHECK(said.find(torn_tail) == std::string::npos);
        CHECK(read_file(directory / "output") == "one\nhello\nater\n");
    }
}

TEST_CASE("What ends with a record, or is empty, or is no file, gets nothing but records",
          "[torn-record][system]") {
    TempDir const directory;
    SECTION("a file") {
        std::string const before = GENERATE("", "\n", "one\ntwo\n");
        write_file(directory / "output", before);
        auto const said = say_hello({}, writing_to(Stdio::file(directory / "output")));
        CHECK(said.find("standard output") == std::string::npos);
        CHECK(read_file(directory / "output") == before + "hello\n");
    }
    SECTION("a device") {
        auto const said = say_hello({}, writing_to(Stdio::null()));
        CHECK(said.find("standard output") == std::string::npos);
    }
}

TEST_CASE("A server that cannot end a record that was left unfinished does not start",
          "[torn-record][system]") {
    TempDir const directory;
    write_file(directory / "output", "half");
    auto launch = server_launch({"unix:" + directory / "s"});
    launch.out = Stdio::file(directory / "output");
    launch.file_size = 4;
    auto const refused = run(launch);
    CHECK(refused.exit == Exit::with(1));
    CAPTURE(refused.err);
    CHECK(refused.err.find("standard output ends in the middle of a record") != std::string::npos);
    CHECK(refused.err.find("File too large") != std::string::npos);
    CHECK(split_lines(refused.err).size() == 1);
    CHECK(read_file(directory / "output") == "half");
}

TEST_CASE("A file whose end the server may not read is written to, and told of",
          "[torn-record][system]") {
    need_user_nobody();
    TempDir const directory;
    write_file(directory / "output", "half");
    std::filesystem::permissions(directory / "output", std::filesystem::perms::owner_write);
    Descriptor const file(::open((directory / "output").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    REQUIRE(file);
    auto setup = writing_to(Stdio::descriptor(file.get()));
    setup.launch.user = nobody;
    auto const said = say_hello({}, std::move(setup));
    CAPTURE(said);
    CHECK(said.find("cannot see whether standard output ends in the middle of a record") !=
          std::string::npos);
    CHECK(said.find("Permission denied") != std::string::npos);
    CHECK(read_file(directory / "output") == "halfhello\n");
}

TEST_CASE("After a file could grow no further, the next server's records are whole",
          "[torn-record][system]") {
    TempDir const directory;
    {
        auto setup = writing_to(Stdio::file(directory / "output"));
        setup.launch.file_size = 200;
        auto server = ServerProcess::start({"--show", "json", "127.0.0.1:0"}, std::move(setup));
        Peer peer = Peer::connect(server.address());
        peer.send("one\ntwo\nthree\nfour\n");
        CHECK(peer.receive_all().starts_with(ack_line + ack_line + "error: cannot display\n"));
        peer.close();
        CHECK(server.wait_for_exit() == Exit::with(1));
    }
    auto const before = read_file(directory / "output");
    REQUIRE(before.size() == 200);
    say_hello({"--show", "json"}, writing_to(Stdio::file(directory / "output")));
    auto const output = read_file(directory / "output");
    auto const torn = before.rfind('\n') + 1;
    CHECK(messages_in(before.substr(0, torn)) == std::vector<std::string>{"one", "two"});
    REQUIRE(output.starts_with(before + '\n'));
    CHECK(messages_in(output.substr(before.size() + 1)) == std::vector<std::string>{"hello"});
}

TEST_CASE("After a file could grow no further under load, whatever was acked is whole",
          "[torn-record][system][concurrency]") {
    TempDir const directory;
    auto const* const threads = GENERATE("1", "2");
    auto const sync = GENERATE(false, true);
    CAPTURE(threads, sync);
    std::vector<std::string> arguments{"--threads", threads, "127.0.0.1:0"};
    if (sync) {
        arguments.insert(arguments.begin(), "--sync");
    }
    std::string written;
    for (rlim_t const limit : {rlim_t{30'001}, rlim_t{60'001}, rlim_t{0}}) {
        auto setup = writing_to(Stdio::file(directory / "output"));
        if (limit > 0) {
            setup.launch.file_size = limit;
        }
        auto server = ServerProcess::start(arguments, std::move(setup));
        Flood flood(server.address(), {});
        if (limit > 0) {
            flood.run_until_ended();
            CHECK(server.wait_for_exit() == Exit::with(1));
        } else {
            flood.run_until_acked(100);
            flood.finish();
            flood.run_until_ended();
            CHECK(server.stop() == Exit::with(0));
        }
        auto const output = read_file(directory / "output");
        REQUIRE(output.starts_with(written));
        auto const added = output.substr(written.size());
        bool const torn = !written.empty() && !written.ends_with('\n');
        REQUIRE(added.starts_with(torn ? "\n" : "c"));
        require_acked_is_displayed(flood, added.substr(torn ? 1 : 0));
        written = output;
    }
}
