// Audits: load finds what a server did with what it acked, and nothing that it did not.
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;

namespace {

using Arguments = std::vector<std::string>;
using AuditCounts = std::map<std::string, std::int64_t>;

/// What a server writes for its message `number`.
using Write = std::function<std::string(std::size_t number, std::string const& message)>;

/// All that an audit counts, but for what `expected` says: the values without a fault.
void check_audit(LoadResult const& result, AuditCounts const& expected,
                 std::int64_t audited_messages) {
    AuditCounts all = {{"acked", audited_messages}, {"written", audited_messages},
                       {"acked_not_written", 0},    {"written_twice", 0},
                       {"out_of_order", 0},         {"damaged", 0},
                       {"written_not_acked", 0}};
    for (auto const& [name, count] : expected) {
        all[name] = count;
    }
    for (auto const& [name, count] : all) {
        CAPTURE(name);
        CHECK(result.audited(name) == count);
    }
}

/// Holds a server's output against what it acked, of so many messages.
LoadResult audit(Arguments arguments, Write const& write) {
    TempDir const directory;
    auto const path = directory / "output";
    std::ofstream output(path, std::ios::binary);
    LineServer const server(
        {.delays = {1ms}, .answer = [&](std::size_t number, std::string const& message) {
             output << write(number, message) << std::flush;
             return LineServer::Reply{};
         }});
    arguments.insert(arguments.end(), {"--audit", path, server.address()});
    return run_load(arguments);
}

constexpr std::size_t audited_messages = 40;
constexpr std::size_t faulty = 20;
Arguments const one_client = {"--clients", "1", "--messages", std::to_string(audited_messages)};

struct Fault {
    std::string error;  ///< after "load: " and before "says"
    AuditCounts found;
    Write write;
};

/// A fault with message `faulty`, and none with the others.
Write planted(std::function<std::string(std::string const& message)> const& fault) {
    return [fault](std::size_t number, std::string const& message) {
        return number == faulty ? fault(message) : message + '\n';
    };
}

std::string with_other_byte(std::string message, std::size_t at) {
    message.at(at) = message.at(at) == '0' ? '1' : '0';
    return message + '\n';
}

std::vector<Fault> faults() {
    return {
        {.error = "1 message was acked but not written",
         .found = {{"written", audited_messages - 1}, {"acked_not_written", 1}},
         .write = planted([](std::string const&) { return ""; })},
        {.error = "1 message was written twice",
         .found = {{"written", audited_messages + 1}, {"written_twice", 1}},
         .write = planted([](auto const& message) { return message + '\n' + message + '\n'; })},
        {.error = "1 message was written out of order",
         .found = {{"out_of_order", 1}},
         .write =
             [kept = std::string()](std::size_t number, std::string const& message) mutable {
                 if (number == faulty) {
                     kept = message + '\n';
                     return std::string();
                 }
                 return message + '\n' + std::exchange(kept, {});
             }},
        {.error = "1 message was written damaged",
         .found = {{"written", audited_messages - 1}, {"acked_not_written", 1}, {"damaged", 1}},
         .write = planted(
             [](auto const& message) { return with_other_byte(message, message.size() - 1); })},
        {.error = "1 message was written damaged",  // in its number
         .found = {{"written", audited_messages - 1}, {"acked_not_written", 1}, {"damaged", 1}},
         .write = planted([](auto const& message) { return with_other_byte(message, 47); })},
        {.error = "1 message was written damaged",  // and not all of it
         .found = {{"written", audited_messages - 1}, {"acked_not_written", 1}, {"damaged", 1}},
         .write = planted(
             [](auto const& message) { return message.substr(0, message.size() / 2) + '\n'; })},
        {.error = "1 message was written damaged",  // in two halves
         .found = {{"written", audited_messages - 1}, {"acked_not_written", 1}, {"damaged", 1}},
         .write = planted([](auto const& message) {
             return message.substr(0, 60) + '\n' + message.substr(60) + '\n';
         })},
        {.error = "2 messages were acked but not written",  // since two are one record
         .found = {{"written", audited_messages - 2}, {"acked_not_written", 2}, {"damaged", 1}},
         .write = planted([](auto const& message) { return message; })},
    };
}

/// What no server may have done, however it ended.
void check_nothing_lost(LoadResult const& result) {
    CHECK(result.audited("acked_not_written") == 0);
    CHECK(result.audited("written_twice") == 0);
    CHECK(result.audited("out_of_order") == 0);
}

}  // namespace

TEST_CASE("An audit finds each planted fault", "[load][system]") {
    for (auto const& fault : faults()) {
        auto const result = audit(one_client, fault.write);
        CAPTURE(fault.error, result.out, result.err);
        CHECK(result.exit == result.verdict(1));
        CHECK(result.outcome("acked") == audited_messages);
        check_audit(result, fault.found, audited_messages);
        CHECK(result.report.at("audit").at("examples").size() >= 1);
        if (result.exit == Exit::with(1)) {
            CHECK(result.err.find("load: " + fault.error + ", says ") != std::string::npos);
        }
    }
}

TEST_CASE("An audit finds no fault where there is none", "[load][system]") {
    auto const result = audit(one_client, planted([](auto const& message) {
                                  // Records of others, and a line ending of another kind.
                                  return "hello\n\naudit of something else\n" + message + "\r\n";
                              }));
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    check_audit(result, {}, audited_messages);
    CHECK(result.report.at("audit").at("examples").empty());
}

TEST_CASE("An audit counts every fault of many clients", "[load][system]") {
    Arguments const arguments = {"--clients",  "8",   "--threads", "2",    "--pipeline",    "4",
                                 "--messages", "300", "--warmup",  "20ms", "--reconnect=10"};
    std::int64_t said = 0;
    std::int64_t unwritten = 0;
    std::int64_t twice = 0;
    auto const result = audit(arguments, [&](std::size_t number, std::string const& message) {
        ++said;
        unwritten += number % 10 == 0 ? 1 : 0;
        twice += number % 10 == 5 ? 1 : 0;
        return number % 10 == 0   ? ""
               : number % 10 == 5 ? message + '\n' + message + '\n'
                                  : message + '\n';
    });
    CAPTURE(result.out, result.err);
    CHECK(result.exit == result.verdict(1));
    CHECK(result.outcome("acked") == 300);
    CHECK(said > 300);
    check_audit(result,
                {{"written", said - unwritten + twice},
                 {"acked_not_written", unwritten},
                 {"written_twice", twice}},
                said);
}

TEST_CASE("A message written and not acked is no fault", "[load][system]") {
    TempDir const directory;
    auto const path = directory / "output";
    std::ofstream output(path, std::ios::binary);
    LineServer const server(
        {.delays = {1ms}, .answer = [&](std::size_t number, std::string const& message) {
             output << message << std::endl;
             bool const lost = number == faulty;
             return LineServer::Reply{.bytes = lost ? "" : "I got your message\n", .closes = lost};
         }});
    auto arguments = one_client;
    arguments.insert(arguments.end(), {"--assert", "failed<=1", "--audit", path, server.address()});
    auto const result = run_load(arguments);
    CAPTURE(result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("connection_lost") == 1);
    check_audit(result, {{"acked", audited_messages - 1}, {"written_not_acked", 1}},
                audited_messages);
}

TEST_CASE("An audit finds no fault with our server", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const* const threads = GENERATE("1", "2");
    bool const open = GENERATE(false, true);
    TempDir const directory;
    auto server = ServerProcess::start({"--show", "raw", "--threads", threads,
                                        by_unix ? "unix:" + directory / "s" : "127.0.0.1:0"});
    Arguments arguments = {"--clients",     "20",   "--threads",  threads,
                           "--pipeline",    "8",    "--messages", "3000",
                           "--warmup",      "20ms", "--audit",    server.output_path(),
                           server.address()};
    if (open) {
        arguments.insert(arguments.begin(), {"--rate", "10000"});
    }
    auto const result = run_load(arguments);
    CAPTURE(by_unix, threads, open, result.out, result.err);
    CHECK(result.exit == Exit::with(0));
    CHECK(result.outcome("acked") == 3000);
    check_audit(result, {}, result.audited("acked"));
    CHECK(result.audited("acked") >= 3000);
    CHECK(server.stop() == Exit::with(0));
}

TEST_CASE("An audit of a server that was killed misses nothing that was acked", "[load][system]") {
    bool const by_unix = GENERATE(false, true);
    auto const* const threads = GENERATE("1", "2");
    std::size_t const bytes = GENERATE(10'000U, 500'000U);
    TempDir const directory;
    auto server = ServerProcess::start({"--show", "raw", "--threads", threads,
                                        by_unix ? "unix:" + directory / "s" : "127.0.0.1:0"});
    LoadProcess process({"--clients", "20", "--threads", threads, "--pipeline", "8", "--duration",
                         "60s", "--audit", server.output_path(), server.address()});
    eventually("the server has written enough", [&] {
        return std::filesystem::file_size(server.output_path()) >= bytes / slowness;
    });
    server.signal(SIGKILL);
    CHECK(server.wait_for_exit() == Exit::by(SIGKILL));
    // A client that comes again has seen its loss.
    std::filesystem::remove(directory / "s");
    Listener(server.address()).accept();
    process.signal(SIGINT);
    auto const result = process.result();
    CAPTURE(by_unix, threads, bytes, result.out, result.err);
    CHECK(result.exit == result.verdict(1));
    CHECK(result.planned() == result.sum_of_outcomes());
    CHECK(result.outcome("connection_lost") > 0);
    check_nothing_lost(result);
    // Less may have been written before the first ack went out.
    CHECK((result.audited("acked") > 0 || bytes < 500'000));
    // The last record may be unfinished: nobody was told that it was written.
    CHECK(result.audited("damaged") <= 1);
}
