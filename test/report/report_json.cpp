// Reports survive being saved, and what is saved is what the schema says.
#include "report/report_json.hpp"

#include "report/json_schema.hpp"
#include "report/sample_report.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

using nlohmann::json;
using test::JsonSchema;
using test::sample_report;

std::string sentence_of(std::string_view text) {
    try {
        report_from_json(text, "a.json");
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "no mistake";
}

JsonSchema const& schema() {
    static JsonSchema const schema(json::parse(std::ifstream(ROGER_REPORT_SCHEMA)));
    return schema;
}

json sample_json() {
    return json::parse(to_json(sample_report()));
}

/// Where something is in it: every member of an object, and the first item of each list.
std::vector<json::json_pointer> pointers_into(
    json const& value, json::json_pointer const& here = json::json_pointer()) {
    std::vector<json::json_pointer> all;
    auto const add = [&](json const& part, json::json_pointer const& there) {
        all.push_back(there);
        std::vector<json::json_pointer> const inner = pointers_into(part, there);
        all.insert(all.end(), inner.begin(), inner.end());
    };
    if (value.is_object()) {
        for (auto const& [key, member] : value.items()) {
            add(member, here / key);
        }
    } else if (value.is_array() && !value.empty()) {
        add(value[0], here / 0);
    }
    return all;
}

/// Follows from other figures, and is not read.
bool is_derived(json::json_pointer const& place) {
    static std::set<std::string> const names = {"count",  "mean_us",  "standard_deviation_us",
                                                "min_us", "p50_us",   "p90_us",
                                                "p99_us", "p99_9_us", "p99_99_us",
                                                "max_us"};
    return names.contains(place.back()) || place.to_string() == "/achieved/rate_per_s";
}

/// Whether an object without this member is another report, and not a wrong one.
bool may_be_missing(json::json_pointer const& place) {
    return place.parent_pointer().to_string() == "/misbehaving";
}

/// As messages write it: $.intervals[0].begin_s
std::string path_of(json::json_pointer place) {
    std::string path;
    for (; !place.empty(); place.pop_back()) {
        bool const is_index = place.back() == "0";
        path.insert(0, is_index ? "[0]" : "." + place.back());
    }
    return "$" + path;
}

/// Of no field's type.
json of_another_type(json const& value) {
    return value.is_object() || value.is_array() ? json("text") : json::array({true});
}

void check_descriptions(json const& part, std::string const& path) {
    CAPTURE(path);
    CHECK(part.contains("description"));
    if (part.contains("properties")) {
        CHECK(part.at("additionalProperties") == false);
        CHECK(part.at("required").size() == part.at("properties").size());
        for (auto const& [name, member] : part.at("properties").items()) {
            check_descriptions(member, fmt::format("{}/{}", path, name));
        }
    }
    if (part.contains("items")) {
        check_descriptions(part.at("items"), path + "/items");
    }
}

}  // namespace

TEST_CASE("A report that was saved is the same report", "[load]") {
    CHECK(report_from_json(to_json(sample_report()), "a.json") == sample_report());
    CHECK(report_from_json(to_json(Report()), "a.json") == Report());
}

TEST_CASE("No digit of a number is lost", "[load]") {
    Report report = sample_report();
    report.duration_s = 1.0 / 3;
    report.generator.cpu_s = 1e-300;
    report.surplus_answers = 9'007'199'254'740'993;
    report.asked.rate = 0.1 + 0.2;
    CHECK(report_from_json(to_json(report), "a.json") == report);
}

TEST_CASE("A saved report is ASCII, whatever its texts are", "[load]") {
    Report report = sample_report();
    report.reasons.count(Outcome::wrong_answer, "caf\u00e9 \x1b[2J \xff");
    std::string const text = to_json(report);
    CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    Report const again = report_from_json(text, "a.json");
    CHECK(again.reasons.counts().at({Outcome::wrong_answer, "caf\u00e9 \x1b[2J \ufffd"}) == 1);
}

TEST_CASE("Figures for readers are those of the histogram", "[load]") {
    json const saved = sample_json();
    Histogram const& response = sample_report().latencies.response;
    json const& figures = saved.at("latencies").at("response");
    CHECK(figures.at("count") == 200);
    CHECK(figures.at("mean_us") == response.mean_us());
    CHECK(figures.at("min_us") == response.min_us());
    CHECK(figures.at("p50_us") == response.percentile_us(50));
    CHECK(figures.at("p90_us") == response.percentile_us(90));
    CHECK(figures.at("p99_us") == response.percentile_us(99));
    CHECK(figures.at("standard_deviation_us") == response.standard_deviation_us());
    // Of 200, which are too few.
    CHECK(figures.at("p99_9_us").is_null());
    CHECK(figures.at("p99_99_us").is_null());
    CHECK(figures.at("max_us") == response.max_us());
    CHECK(saved.at("achieved").at("rate_per_s") == sample_report().rate());
    CHECK(saved.at("outcomes").at("wrong_answer") == 10);
}

TEST_CASE("A saved report has a field on each line, and buckets on one", "[load]") {
    Report report;
    report.latencies.response.add({.value_us = 5, .count = 2});
    report.latencies.response.add({.value_us = 7, .count = 1});
    std::string const text = to_json(report);
    CHECK(text.starts_with("{\n  \"roger_load_report\": 1,\n  \"version\": \"\",\n"));
    CHECK(text.find("    \"response\": {\n      \"count\": 3,\n") != std::string::npos);
    CHECK(text.find("\n      \"buckets\": [[5,2],[7,1]]\n    },\n") != std::string::npos);
    CHECK(text.ends_with("\n  \"intervals\": []\n}\n"));
}

TEST_CASE("A report is as the schema says", "[load]") {
    CHECK(schema().faults(sample_json()).empty());
    CHECK(schema().faults(json::parse(to_json(Report()))).empty());
}

TEST_CASE("The schema describes each field and lets none be missing", "[load]") {
    check_descriptions(schema().schema(), "");
    for (auto const& [name, part] : schema().schema().at("$defs").items()) {
        check_descriptions(part, name);
    }
}

TEST_CASE("The schema refuses a field that is missing, unknown or of another type",
          "[load][sweep]") {
    json const saved = sample_json();
    for (json::json_pointer const& place : pointers_into(saved)) {
        CAPTURE(place.to_string());
        json wrong = saved;
        wrong[place] = of_another_type(saved[place]);
        CHECK_FALSE(schema().faults(wrong).empty());
        if (saved[place.parent_pointer()].is_object()) {
            wrong = saved;
            wrong[place.parent_pointer()].erase(place.back());
            CHECK(schema().faults(wrong).empty() == may_be_missing(place));
            wrong = saved;
            wrong[place.parent_pointer()]["unknown"] = "x";
            CHECK_FALSE(schema().faults(wrong).empty());
        }
    }
}

TEST_CASE("A report with a field missing or of another type is refused by the field's name",
          "[load][sweep]") {
    json const saved = sample_json();
    for (json::json_pointer const& place : pointers_into(saved)) {
        if (is_derived(place)) {
            continue;
        }
        CAPTURE(place.to_string());
        json wrong = saved;
        wrong[place] = of_another_type(saved[place]);
        std::string const path = path_of(place);
        bool const in_bucket = path.find("buckets[0]") != std::string::npos;
        std::string const named =
            in_bucket ? path.substr(0, path.find("[0]", path.find("buckets"))) : path;
        CHECK(
            sentence_of(wrong.dump()).starts_with("'a.json' is no load report: " + named + " is "));
        if (saved[place.parent_pointer()].is_object() && !may_be_missing(place)) {
            wrong = saved;
            wrong[place.parent_pointer()].erase(place.back());
            CHECK(sentence_of(wrong.dump()) ==
                  "'a.json' is no load report: " + path + " is missing");
        }
    }
}

TEST_CASE("What is no report is refused in a sentence", "[load]") {
    json newer = sample_json();
    newer["roger_load_report"] = 2;
    CHECK(sentence_of(newer.dump()) ==
          "'a.json' has version 2 of load reports ($.roger_load_report), and this program reads "
          "version 1 only: take the version of Roger that wrote it");
    CHECK(sentence_of("") ==
          "'a.json' is no load report: it is no JSON in line 1, byte 1 of the file");
    CHECK(sentence_of("{\n  \"a\": 1,\n  oops}") ==
          "'a.json' is no load report: it is no JSON in line 3, byte 15 of the file");
    CHECK(sentence_of("[1]") == "'a.json' is no load report: $ is a list where an object belongs");
    CHECK(sentence_of("{}") == "'a.json' is no load report: $.roger_load_report is missing");
}

TEST_CASE("Counts that do not add up are refused in a sentence", "[load]") {
    json wrong = sample_json();
    wrong["outcomes"]["refused"] = 13;
    CHECK(sentence_of(wrong.dump()) ==
          "'a.json' is no load report: $.planned is another number where the sum of the outcomes "
          "belongs");
    wrong = sample_json();
    wrong["excused"]["unsent"] = 3;
    CHECK(sentence_of(wrong.dump()) ==
          "'a.json' is no load report: $.excused.unsent is another number where at most what the "
          "outcomes have of it belongs");
}

TEST_CASE("A number out of its range is refused in a sentence", "[load]") {
    for (json const& number : {json(-1), json(0.5), json(9'223'372'036'854'775'808U)}) {
        json wrong = sample_json();
        wrong["outcomes"]["acked"] = number;
        CHECK(sentence_of(wrong.dump()) ==
              "'a.json' is no load report: $.outcomes.acked is another number where a whole number "
              "belongs");
    }
    json wrong = sample_json();
    wrong["latencies"]["connect"]["buckets"][3][1] = -1;
    CHECK(sentence_of(wrong.dump()) ==
          "'a.json' is no load report: $.latencies.connect.buckets is a list where a list of pairs "
          "of whole numbers belongs");
    wrong = sample_json();
    wrong["reasons"][1]["outcome"] = "eaten";
    CHECK(sentence_of(wrong.dump()) ==
          "'a.json' is no load report: $.reasons[1].outcome is a text where the name of an outcome "
          "belongs");
}

TEST_CASE("A strange file's bytes do not reach the terminal", "[load]") {
    json wrong = sample_json();
    wrong["misbehaving"]["\x1b[2J"] = "many";
    CHECK(sentence_of(wrong.dump()) ==
          "'a.json' is no load report: $.misbehaving.\\x1b[2J is a text where a whole number "
          "belongs");
}

}  // namespace roger
