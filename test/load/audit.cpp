// Audits: each fault of a server's output is found, and none where there is none.
#include "load/audit.hpp"

#include "load/stamp.hpp"
#include "protocol/record.hpp"
#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace roger {

namespace {

constexpr std::uint64_t run = 0xfeedfacecafebeef;

/// So many messages of one client, all acked.
AuditTrail all_acked(std::size_t client, std::size_t messages) {
    AuditTrail trail;
    for (std::size_t message = 1; message <= messages; ++message) {
        trail.sent(client);
        trail.acked(client, message);
    }
    return trail;
}

std::string record(std::uint64_t client, std::uint64_t number, std::uint64_t connection = 1) {
    std::string out;
    append_stamped(out, {.run = run, .client = client, .connection = connection, .number = number},
                   "text");
    return out;
}

AuditResult audited(std::vector<std::string> const& output,
                    std::vector<AuditTrail const*> const& trails,
                    std::string const& line_ending = "\n", SocketType type = SocketType::stream) {
    test::TempDir const directory;
    std::string text;
    for (std::string const& line : output) {
        text += line + line_ending;
    }
    test::write_file(directory / "output", text);
    return audit(*open_audited_output(directory / "output"), run, type, trails);
}

AuditResult audited(std::vector<std::string> const& output, AuditTrail const& trail) {
    return audited(output, {&trail});
}

}  // namespace

TEST_CASE("An audit of an output that has all that was acked finds no fault", "[load]") {
    AuditTrail const even = all_acked(0, 3);
    AuditTrail const odd = all_acked(1, 2);
    std::vector<std::string> const output = {record(0, 1), record(1, 1), record(0, 2), record(0, 3),
                                             record(1, 2)};
    for (std::string const line_ending : {"\n", "\r\n"}) {
        AuditResult const result = audited(output, {&even, &odd}, line_ending);
        CHECK_FALSE(result.faults());
        CHECK(result.acked == 5);
        CHECK(result.written == 5);
        CHECK(result.written_not_acked == 0);
        CHECK(result.examples.empty());
    }
}

TEST_CASE("An audit knows a message that ends in a return", "[load]") {
    std::string said;
    append_stamped(said, {.run = run, .client = 0, .connection = 1, .number = 1}, "text\r");
    AuditTrail const trail = all_acked(0, 1);
    for (std::string const line_ending : {"\n", "\r\n"}) {
        AuditResult const result = audited({said}, {&trail}, line_ending);
        CHECK_FALSE(result.faults());
        CHECK(result.written == 1);
    }
    // Without it, it is another message.
    AuditResult const lost = audited({said.substr(0, said.size() - 1)}, trail);
    CHECK(lost.damaged == 1);
}

TEST_CASE("An audit passes over other runs and other people", "[load]") {
    std::string other;
    append_stamped(other, {.run = 1, .client = 0, .connection = 1, .number = 1}, "text");
    AuditResult const result =
        audited({"hello", other, record(0, 1), "", "audit this"}, all_acked(0, 1));
    CHECK_FALSE(result.faults());
    CHECK(result.written == 1);
}

TEST_CASE("An audit finds a message that was acked and not written", "[load]") {
    AuditResult const result = audited({record(0, 1), record(0, 3)}, all_acked(0, 3));
    CHECK(result.faults());
    CHECK(result.acked_not_written == 1);
    CHECK(result.acked == 3);
    CHECK(result.written == 2);
    CHECK(result.written_twice + result.out_of_order + result.damaged == 0);
    REQUIRE(result.examples.size() == 1);
    CHECK(result.examples[0] == "client 0's message 2: acked and not written");
}

TEST_CASE("An audit finds what was acked when nothing was written at all", "[load]") {
    CHECK(audited({}, all_acked(5, 3)).acked_not_written == 3);
    CHECK_FALSE(audited({}, AuditTrail()).faults());
}

TEST_CASE("An audit finds a message that was written twice", "[load]") {
    AuditResult const result = audited({record(0, 1), record(0, 1), record(0, 2)}, all_acked(0, 2));
    CHECK(result.faults());
    CHECK(result.written_twice == 1);
    CHECK(result.written == 3);
    CHECK(result.acked_not_written + result.out_of_order + result.damaged == 0);
}

TEST_CASE("An audit finds messages of one connection out of order", "[load]") {
    AuditTrail const trail = all_acked(0, 3);
    AuditResult const result = audited({record(0, 1), record(0, 3), record(0, 2)}, trail);
    CHECK(result.faults());
    CHECK(result.out_of_order == 1);
    CHECK(result.acked_not_written + result.written_twice + result.damaged == 0);
    REQUIRE(result.examples.size() == 1);
    CHECK(result.examples[0] == "client 0's message 2: written after message 3");
}

TEST_CASE("Between connections and between clients an audit asks for no order", "[load]") {
    AuditTrail const first = all_acked(0, 3);
    AuditTrail const second = all_acked(1, 3);
    CHECK_FALSE(audited({record(0, 3, 2), record(1, 3, 2), record(0, 1, 1), record(1, 1, 1),
                         record(0, 2, 1), record(1, 2, 1)},
                        {&first, &second})
                    .faults());
}

TEST_CASE("A message that was written and not acked is counted, and is no fault", "[load]") {
    AuditTrail trail = all_acked(0, 1);
    trail.sent(0);
    trail.sent(0);
    AuditResult const result = audited({record(0, 1), record(0, 2)}, trail);
    CHECK_FALSE(result.faults());
    CHECK(result.acked == 1);
    CHECK(result.written == 2);
    CHECK(result.written_not_acked == 1);
}

TEST_CASE("An audit finds records that are torn, mixed or changed", "[load]") {
    AuditTrail const trail = all_acked(0, 1);
    std::string const good = record(0, 1);
    std::string changed = good;
    changed.back() = 'T';
    for (std::string const& bad :
         {changed, good + "x", "x" + good, good.substr(0, 40), good.substr(4), good + good}) {
        CAPTURE(bad);
        AuditResult const result = audited({good, bad}, trail);
        CHECK(result.faults());
        CHECK(result.damaged == 1);
        CHECK(result.written == 1);
        CHECK(result.written_twice == 0);
    }
}

TEST_CASE("An audit takes a message that nobody sent for a damaged one", "[load]") {
    for (std::string const& bad : {record(0, 2), record(0, 0), record(1, 1), record(0xffffff, 1)}) {
        AuditResult const result = audited({record(0, 1), bad}, all_acked(0, 1));
        CHECK(result.damaged == 1);
        CHECK(result.written == 1);
    }
}

TEST_CASE("The messages in a stream's records are found as they were sent", "[load]") {
    for (std::string const message : {"plain", "", "\"quoted\" \\ \x01 \xc3\xa4", "\xff",
                                      "\xff\xfe", "\xff\xfe\xfd", "\xff\xfe\xfd?"}) {
        for (Show const show : {Show::json, Show::text}) {
            std::string written;
            append_record(written, show, message,
                          {.server = "me", .from = "tcp:127.0.0.1:1", .time_ms = 0});
            written.pop_back();  // its newline
            CAPTURE(written);
            CHECK(message_of_record(written) == message);
        }
    }
}

TEST_CASE("What is not the server's record is left alone", "[load]") {
    for (std::string const record :
         {R"({"message":1})", R"({"message_base64":"?"})", "[1]", R"(\x)"}) {
        CHECK(message_of_record(record) == record);
    }
}

TEST_CASE("An audit gives a few examples, and counts all", "[load]") {
    AuditResult const result = audited({}, all_acked(0, 100));
    CHECK(result.acked_not_written == 100);
    CHECK(result.examples.size() == 5);
    CHECK(result.examples[0].find("message 1:") != std::string::npos);
}

TEST_CASE("An audit that is interrupted says so", "[load]") {
    test::TempDir const directory;
    std::string const path = directory / "output";
    test::write_file(path, "a record\n");
    std::stop_source stop;
    auto const output = open_audited_output(path);
    CHECK_NOTHROW(audit(*output, run, SocketType::stream, {}, stop.get_token()));
    stop.request_stop();
    CHECK_THROWS_WITH(audit(*output, run, SocketType::stream, {}, stop.get_token()),
                      "--audit " + path + ": interrupted before all of it was read");
}

TEST_CASE("An audit of a file that is not there names it", "[load]") {
    using Catch::Matchers::ContainsSubstring;
    test::TempDir const directory;
    std::string const path = directory / "none";
    auto const audit_of = [](std::string const& name) {
        return audit(*open_audited_output(name), run, SocketType::stream, {});
    };
    CHECK_THROWS_AS(audit_of(path), std::runtime_error);
    CHECK_THROWS_WITH(audit_of(path), ContainsSubstring(path) && ContainsSubstring("No such file"));
    CHECK_THROWS_AS(audit_of(directory.path()), std::runtime_error);
}

}  // namespace roger
