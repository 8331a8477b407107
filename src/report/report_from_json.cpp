// Reports as JSON: reading.
#include "protocol/quote.hpp"
#include "report/json_field.hpp"
#include "report/report_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>

namespace roger {

namespace {

using Json = JsonField::Json;

Histogram histogram_from(JsonField const& field) {
    Histogram histogram;
    histogram.add(field["buckets"].buckets());
    return histogram;
}

std::optional<double> optional_number(JsonField const& field) {
    return field.is_null() ? std::nullopt : std::optional(field.number());
}

Host host_from(JsonField const& field) {
    return {
        .name = field["name"].text(),
        .cpu = field["cpu"].text(),
        .processors = field["processors"].whole_number(),
        .kernel = field["kernel"].text(),
    };
}

Asked asked_from(JsonField const& field) {
    JsonField const messages = field["messages"];
    return {
        .clients = field["clients"].whole_number(),
        .rate = optional_number(field["rate_per_s"]),
        .duration_s = optional_number(field["duration_s"]),
        .messages = messages.is_null() ? std::nullopt : std::optional(messages.whole_number()),
        .ack_timeout_s = optional_number(field["ack_timeout_s"]),
    };
}

Latencies latencies_from(JsonField const& field) {
    return {
        .response = histogram_from(field["response"]),
        .service = histogram_from(field["service"]),
        .lateness = histogram_from(field["lateness"]),
        .connect = histogram_from(field["connect"]),
    };
}

Latencies lower_bounds_from(JsonField const& field) {
    return {
        .response = histogram_from(field["response"]),
        .service = histogram_from(field["service"]),
        .lateness = {},
        .connect = histogram_from(field["connect"]),
    };
}

Interval interval_from(JsonField const& field) {
    return {
        .begin_s = field["begin_s"].number(),
        .length_s = field["length_s"].number(),
        .acked = field["acked"].whole_number(),
        .failed = field["failed"].whole_number(),
        .clients = field["clients"].whole_number(),
        .response = field["response_buckets"].buckets(),
    };
}

Generator generator_from(JsonField const& field) {
    return {
        .threads = field["threads"].whole_number(),
        .cpu_s = field["cpu_s"].number(),
        .busy_share = field["busy_share"].number(),
        .own_delay_p99_us = static_cast<std::int64_t>(field["own_delay_p99_us"].whole_number()),
        .longest_stall_us = static_cast<std::int64_t>(field["longest_stall_us"].whole_number()),
        .bottleneck = field["bottleneck"].text(),
        .too_few_clients = field["too_few_clients"].text(),
    };
}

LoadVerdict verdict_from(JsonField const& field) {
    std::string const name = field.text();
    for (LoadVerdict const verdict :
         {LoadVerdict::held, LoadVerdict::not_held, LoadVerdict::none}) {
        if (name == name_of(verdict)) {
            return verdict;
        }
    }
    field.refuse("the name of a verdict");
}

Assertion assertion_from(JsonField const& field) {
    return {
        .text = field["text"].text(),
        .measured = field["measured"].text(),
        .verdict = verdict_from(field["verdict"]),
    };
}

AuditResult audit_from(JsonField const& field) {
    AuditResult audit{
        .file = field["file"].text(),
        .datagrams = field["datagrams"].truth(),
        .acked = field["acked"].whole_number(),
        .written = field["written"].whole_number(),
        .acked_not_written = field["acked_not_written"].whole_number(),
        .written_twice = field["written_twice"].whole_number(),
        .out_of_order = field["out_of_order"].whole_number(),
        .written_not_acked = field["written_not_acked"].whole_number(),
        .lost = field["lost"].whole_number(),
        .damaged = field["damaged"].whole_number(),
        .examples = {},
    };
    for (JsonField const& example : field["examples"].items()) {
        audit.examples.push_back(example.text());
    }
    return audit;
}

Outcome outcome_from(JsonField const& field) {
    std::string const name = field.text();
    for (std::size_t i = 0; i != outcome_count; ++i) {
        if (name == field_of(static_cast<Outcome>(i))) {
            return static_cast<Outcome>(i);
        }
    }
    field.refuse("the name of an outcome");
}

Outcomes outcomes_from(JsonField const& field) {
    Outcomes outcomes;
    for (std::size_t i = 0; i != outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        outcomes.count(outcome, field[field_of(outcome)].whole_number());
    }
    return outcomes;
}

/// What adds up in every report that was written, and is relied on.
void demand_sums(Report const& report, JsonField const& file) {
    if (report.planned != report.outcomes.sum()) {
        file["planned"].refuse("the sum of the outcomes");
    }
    for (std::size_t i = 0; i != outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        if (report.excused[outcome] > report.outcomes[outcome]) {
            file["excused"][field_of(outcome)].refuse("at most what the outcomes have of it");
        }
    }
}

void read_outcomes(Report& report, JsonField const& file) {
    report.planned = file["planned"].whole_number();
    report.outcomes = outcomes_from(file["outcomes"]);
    report.excused = outcomes_from(file["excused"]);
    demand_sums(report, file);
    for (JsonField const& reason : file["reasons"].items()) {
        report.reasons.count(outcome_from(reason["outcome"]), reason["text"].text(),
                             reason["messages"].whole_number());
    }
    report.surplus_answers = file["surplus_answers"].whole_number();
    JsonField const datagrams = file["datagrams"];
    if (!datagrams.is_null()) {
        report.datagrams = DatagramCounts{.late_answers = datagrams["late_answers"].whole_number(),
                                          .overtaken = datagrams["overtaken"].whole_number(),
                                          .listened_s = datagrams["listened_s"].number()};
    }
    report.connections = file["connections"].whole_number();
    report.idle_losses = file["idle_losses"].whole_number();
}

void read_run(Report& report, JsonField const& file) {
    report.version = file["version"].text();
    for (JsonField const& run : file["runs"].items()) {
        report.runs.push_back(run.text());
    }
    report.build = file["build"].text();
    report.title = file["title"].text();
    for (JsonField const& host : file["hosts"].items()) {
        report.hosts.push_back(host_from(host));
    }
    report.started = file["started"].text();
    report.address = file["address"].text();
    for (JsonField const& setting : file["settings"].items()) {
        report.settings.emplace_back(setting["option"].text(), setting["value"].text());
    }
    report.asked = asked_from(file["asked"]);
    JsonField const achieved = file["achieved"];
    report.clients = achieved["clients"].whole_number();
    report.acked_in_time = achieved["acked_in_time"].whole_number();
    report.acked_but_for_delay = achieved["acked_but_for_delay"].whole_number();
    report.sent_bytes = achieved["sent_bytes"].whole_number();
    report.received_bytes = achieved["received_bytes"].whole_number();
    report.duration_s = achieved["duration_s"].number();
    report.interrupted = achieved["interrupted"].truth();
}

void read_rest(Report& report, JsonField const& file) {
    report.latencies = latencies_from(file["latencies"]);
    report.lower_bounds = lower_bounds_from(file["lower_bounds"]);
    for (JsonField const& interval : file["intervals"].items()) {
        report.intervals.push_back(interval_from(interval));
    }
    report.generator = generator_from(file["generator"]);
    JsonField const misbehaving = file["misbehaving"];
    for (std::string const& kind : misbehaving.keys()) {
        report.misbehaving[kind] = misbehaving[kind].whole_number();
    }
    for (JsonField const& assertion : file["assertions"].items()) {
        report.assertions.push_back(assertion_from(assertion));
    }
    JsonField const audit = file["audit"];
    report.audit = audit.is_null() ? std::nullopt : std::optional(audit_from(audit));
}

Json parse(std::string_view text, std::string const& name) {
    try {
        return Json::parse(text);
    } catch (Json::parse_error const& error) {
        std::string_view const good = text.substr(0, std::max<std::size_t>(error.byte, 1) - 1);
        auto const line = 1 + std::ranges::count(good, '\n');
        throw std::invalid_argument(
            fmt::format("{} is no load report: it is no JSON in line {}, byte {} of the file",
                        quote(name), line, good.size() + 1));
    }
}

void demand_version(JsonField const& file, std::string const& name) {
    std::uint64_t const version = file[report_version_field].whole_number();
    if (version != report_schema_version) {
        throw std::invalid_argument(fmt::format(
            "{} has version {} of load reports ($.{}), and this program reads version {} only: "
            "take the version of Roger that wrote it",
            quote(name), version, report_version_field, report_schema_version));
    }
}

}  // namespace

Report report_from_json(std::string_view text, std::string const& name) {
    Json const json = parse(text, name);
    JsonField const file(json, name);
    demand_version(file, name);
    Report report;
    read_run(report, file);
    read_outcomes(report, file);
    read_rest(report, file);
    return report;
}

}  // namespace roger
