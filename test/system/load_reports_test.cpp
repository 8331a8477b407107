// Reports of whole runs, merged and compared by the program.
#include "support/line_server.hpp"
#include "support/load_process.hpp"
#include "support/machine_watch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace roger::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Counts by value, of buckets as reports have them.
std::map<std::int64_t, std::int64_t> sum_of_buckets(std::vector<json> const& all) {
    std::map<std::int64_t, std::int64_t> sum;
    for (json const& buckets : all) {
        for (json const& bucket : buckets) {
            sum[bucket.at(0)] += bucket.at(1).get<std::int64_t>();
        }
    }
    return sum;
}

std::uint64_t sum_of(std::vector<LoadResult> const& parts, json::json_pointer const& field) {
    std::uint64_t sum = 0;
    for (LoadResult const& part : parts) {
        sum += part.report.at(field).get<std::uint64_t>();
    }
    return sum;
}

std::vector<json> each(std::vector<LoadResult> const& parts, json::json_pointer const& field) {
    std::vector<json> all;
    for (LoadResult const& part : parts) {
        if (part.report.contains(field)) {
            all.push_back(part.report.at(field));
        }
    }
    return all;
}

/// Several load tests at the same time.
std::vector<LoadResult> run_together(std::vector<std::vector<std::string>> const& runs) {
    std::vector<std::unique_ptr<LoadProcess>> processes;
    processes.reserve(runs.size());
    for (auto const& arguments : runs) {
        processes.push_back(std::make_unique<LoadProcess>(arguments));
    }
    std::vector<LoadResult> results;
    results.reserve(runs.size());
    for (auto const& process : processes) {
        results.push_back(process->result());
    }
    return results;
}

/// A server that is slow as planned, and a load test that never waits for a client of its own.
std::vector<Duration> delays(int percent) {
    return {1ms * percent, 2ms * percent, 3ms * percent / 2};
}

std::vector<std::string> steady_test(LineServer const& server) {
    return {"--clients", "100", "--rate", "200", "--duration", "3s", server.address()};
}

Run compare(LoadResult const& before, LoadResult const& after) {
    TempDir const directory;
    write_file(directory / "old.json", before.report.dump());
    write_file(directory / "new.json", after.report.dump());
    return run(load_launch({"diff", directory / "old.json", directory / "new.json"}));
}

}  // namespace

TEST_CASE("Two reports merged are the whole, bucket for bucket", "[load][system]") {
    LineServer const server(
        {.delays = {5ms, 10ms, 15ms}, .answer = [](std::size_t number, std::string const&) {
             return number % 7 == 3 ? LineServer::Reply{"error: full\n"} : LineServer::Reply{};
         }});
    auto const parts = run_together(
        {{"--clients", "3", "--rate", "100", "--duration", "700ms", server.address()},
         {"--clients", "5", "--rate", "150", "--duration", "700ms", server.address()}});
    TempDir const directory;
    write_file(directory / "a.json", parts[0].report.dump());
    write_file(directory / "b.json", parts[1].report.dump());
    auto const whole = run_load({"merge", directory / "a.json", directory / "b.json"});
    CAPTURE(whole.out, whole.err);
    // Either part may have been the bottleneck, and then the whole was.
    CHECK(whole.exit == whole.verdict(1));
    REQUIRE(whole.report.is_object());

    CHECK(whole.planned() == 70 + 105);
    CHECK(whole.sum_of_outcomes() == whole.planned());
    CHECK(whole.outcome("refused") > 0);
    for (std::string const field :
         {"/planned", "/connections", "/surplus_answers", "/idle_losses", "/outcomes/acked",
          "/outcomes/refused", "/asked/clients", "/achieved/clients", "/generator/threads"}) {
        CAPTURE(field);
        json::json_pointer const pointer(field);
        CHECK(whole.report.at(pointer) == sum_of(parts, pointer));
    }
    CHECK(whole.report.at("asked").at("rate_per_s") == 250);
    for (std::string const latency : {"response", "service", "lateness", "connect"}) {
        CAPTURE(latency);
        json::json_pointer const buckets("/latencies/" + latency + "/buckets");
        CHECK_FALSE(whole.report.at(buckets).empty());
        CHECK(sum_of_buckets({whole.report.at(buckets)}) == sum_of_buckets(each(parts, buckets)));
    }
    REQUIRE(whole.report.at("intervals").size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
        CAPTURE(i);
        std::string const interval = "/intervals/" + std::to_string(i);
        json::json_pointer const acked(interval + "/acked");
        CHECK(whole.report.at(acked) == sum_of(parts, acked));
        json::json_pointer const response(interval + "/response_buckets");
        CHECK(sum_of_buckets({whole.report.at(response)}) == sum_of_buckets(each(parts, response)));
    }
    CHECK(whole.out.find("planned 175 = acked ") != std::string::npos);
}

TEST_CASE("A report merged with nothing says what it said", "[load][system]") {
    LineServer const server({.delays = {20ms}});
    auto const part = run_load({"--clients", "3", "--messages", "9", server.address()});
    TempDir const directory;
    write_file(directory / "a.json", part.report.dump());
    auto const whole = run_load({"merge", directory / "a.json"});
    CHECK(whole.exit == part.exit);
    CHECK(whole.report.at("latencies") == part.report.at("latencies"));
    CHECK(whole.report.at("outcomes") == part.report.at("outcomes"));
    CHECK(whole.report.at("intervals") == part.report.at("intervals"));
}

TEST_CASE("Who merges tests of different times is told so", "[load][system]") {
    LineServer const server({});
    TempDir const directory;
    for (std::string const time : {"2026-11-22T12:25:08Z", "2026-11-22T12:25:28Z"}) {
        auto part = run_load({"--clients", "1", "--messages", "5", server.address()}).report;
        part["started"] = time;
        write_file(directory / time, part.dump());
    }
    auto const whole =
        run_load({"merge", directory / "2026-11-22T12:25:08Z", directory / "2026-11-22T12:25:28Z"});
    CHECK(whole.exit == whole.verdict(0));
    CHECK(whole.out.find("planned 10 = acked 10") != std::string::npos);
    CHECK(whole.err.starts_with("load: the tests did not run at the same time: "));
}

TEST_CASE("All reports of a run say what it was called, and where it ran", "[load][system]") {
    LineServer const server({});
    TempDir const directory;
    auto const run = run_load({"--clients", "1", "--messages", "5", "--title", "after\x1b[2J \\",
                               "--html", directory / "page", server.address()});
    CAPTURE(run.out, run.err);
    constexpr auto title = R"(after\x1b[2J \\)";
    CHECK(run.out.starts_with(title + std::string("\nasked: ")));
    CHECK(run.report.at("title") == title);
    std::string const page = read_file(directory / "page");
    CHECK(page.find(std::string("<h1>") + title + "</h1>") != std::string::npos);

    json const host = run.report.at("hosts").at(0);
    CHECK(run.report.at("hosts").size() == 1);
    for (std::string const field : {"name", "cpu", "kernel"}) {
        CAPTURE(field);
        auto const text = host.at(field).get<std::string>();
        CHECK_FALSE(text.empty());
        CHECK(run.out.find(text) != std::string::npos);
        CHECK(page.find(text) != std::string::npos);
    }
    CHECK(run.report.at("build").get<std::string>().find("Asio 1.") != std::string::npos);
}

TEST_CASE("A merged report has the titles of its parts, or one of its own", "[load][system]") {
    LineServer const server({});
    TempDir const directory;
    for (std::string const title : {"east", "west"}) {
        auto const part =
            run_load({"--clients", "1", "--messages", "5", "--title", title, server.address()});
        write_file(directory / title, part.report.dump());
    }
    auto const untitled = run_load({"merge", directory / "east", directory / "west"});
    CHECK(untitled.report.at("title") == "east, west");
    CHECK(untitled.report.at("hosts").size() == 1);
    auto const titled =
        run_load({"merge", "--title", "both", directory / "east", directory / "west"});
    CHECK(titled.report.at("title") == "both");
    CHECK(titled.out.starts_with("both\n"));
}

TEST_CASE("Reports of intervals of different lengths cannot be merged", "[load][system]") {
    LineServer const server({.delays = {20ms}});
    auto const parts =
        run_together({{"--clients", "1", "--rate", "20", "--duration", "1s", server.address()},
                      {"--clients", "1", "--rate", "20", "--duration", "2s", server.address()}});
    TempDir const directory;
    write_file(directory / "a.json", parts[0].report.dump());
    write_file(directory / "b.json", parts[1].report.dump());
    auto const merged = run(load_launch({"merge", directory / "a.json", directory / "b.json"}));
    CHECK(merged.exit == Exit::with(2));
    CHECK(merged.out.empty());
    CHECK(merged.err.starts_with("load: "));
    CHECK(merged.err.find("interval") != std::string::npos);
}

TEST_CASE("A server that has become 10 % slower is called worse, and the same one is not",
          "[load][system][serial]") {
    MachineWatch watch;
    LineServer const before({.delays = delays(100)});
    LineServer const same({.delays = delays(100)});
    LineServer const slower({.delays = delays(110)});
    auto const results =
        run_together({steady_test(before), steady_test(same), steady_test(slower)});
    watch.need_quiet();
    for (LoadResult const& result : results) {
        CAPTURE(result.out, result.err);
        result.need_figures();
        REQUIRE(result.exit == Exit::with(0));
        REQUIRE(result.report.at("intervals").size() >= 10);
    }

    auto const worse = compare(results[0], results[2]);
    CAPTURE(worse.out, worse.err);
    CHECK(worse.exit == Exit::with(1));
    CHECK(worse.err.empty());
    CHECK(worse.out.find("worse") != std::string::npos);
    CHECK(worse.out.find("mean") != std::string::npos);

    auto const equal = compare(results[0], results[1]);
    CAPTURE(equal.out, equal.err);
    CHECK(equal.exit != Exit::with(1));
    CHECK(equal.exit == Exit::with(0));

    // Better is not worse.
    CHECK(compare(results[2], results[0]).exit == Exit::with(0));
}

TEST_CASE("Several reports a side are compared by how much they differ", "[load][system]") {
    LineServer const server({.delays = {5ms}});
    json report = run_load({"--clients", "4", "--messages", "200", server.address()}).report;
    REQUIRE(report.is_object());
    report["generator"]["bottleneck"] = "";
    TempDir const directory;
    std::vector<std::string> files;
    for (std::string const name : {"old1", "old2", "new1", "new2"}) {
        report["started"] = name;  // another run, with the same figures
        files.push_back(directory / name);
        write_file(files.back(), report.dump());
    }
    auto const same = run(load_launch({"diff", files[0], files[1], "--new", files[2], files[3]}));
    CAPTURE(same.out, same.err);
    CHECK(same.exit == Exit::with(0));
    CHECK(same.out.starts_with("No worse\n"));
    CHECK(same.out.find(" old (2)    new (2) ") != std::string::npos);

    for (json& bucket : report["latencies"]["response"]["buckets"]) {
        bucket[0] = bucket[0].get<std::int64_t>() * 2;
    }
    report["intervals"] = json::array();
    write_file(files[2], report.dump());
    auto const slower = run(load_launch({"diff", files[0], files[1], "--new", files[2]}));
    CAPTURE(slower.out, slower.err);
    CHECK(slower.exit == Exit::with(1));
    CHECK(slower.out.starts_with("Worse: mean, p50, p99, max\n"));
    CHECK(slower.out.find("+100.0% (+100.0 to +100.0)") != std::string::npos);
}

TEST_CASE("An empty file is no report", "[load][system]") {
    TempDir const directory;
    write_file(directory / "empty", "");
    auto const merged = run(load_launch({"merge", directory / "empty"}));
    CHECK(merged.exit == Exit::with(2));
    CHECK(merged.err == "load: '" + (directory / "empty") +
                            "' is no load report: it is no JSON in line 1, byte 1 of the file\n");
}
