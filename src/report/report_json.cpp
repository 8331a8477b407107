// Reports as JSON: writing. report_from_json.cpp reads them.
#include "report/report_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace roger {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(std::vector<Histogram::Bucket> const& buckets) {
    Json json = Json::array();
    for (Histogram::Bucket const& bucket : buckets) {
        json.push_back({bucket.value_us, bucket.count});
    }
    return json;
}

Json json_of(Histogram const& histogram) {
    auto const percentile = [&histogram](double percent) {
        return histogram.resolves(percent) ? Json(histogram.percentile_us(percent)) : Json();
    };
    return {
        {"count", histogram.count()},
        {"mean_us", histogram.mean_us()},
        {"standard_deviation_us", histogram.standard_deviation_us()},
        {"min_us", histogram.min_us()},
        {"p50_us", percentile(50)},
        {"p90_us", percentile(90)},
        {"p99_us", percentile(99)},
        {"p99_9_us", percentile(99.9)},
        {"p99_99_us", percentile(99.99)},
        {"max_us", histogram.max_us()},
        {"buckets", json_of(histogram.buckets())},
    };
}

Json json_of(Latencies const& latencies) {
    return {
        {"response", json_of(latencies.response)},
        {"service", json_of(latencies.service)},
        {"lateness", json_of(latencies.lateness)},
        {"connect", json_of(latencies.connect)},
    };
}

Json lower_bounds(Latencies const& latencies) {
    return {
        {"response", json_of(latencies.response)},
        {"service", json_of(latencies.service)},
        {"connect", json_of(latencies.connect)},
    };
}

template <typename Value>
Json json_of(std::optional<Value> const& value) {
    return value ? Json(*value) : Json();
}

Json json_of(Asked const& asked) {
    return {
        {"clients", asked.clients},
        {"rate_per_s", json_of(asked.rate)},
        {"duration_s", json_of(asked.duration_s)},
        {"messages", json_of(asked.messages)},
        {"ack_timeout_s", json_of(asked.ack_timeout_s)},
    };
}

Json achieved(Report const& report) {
    return {
        {"clients", report.clients},
        {"acked_in_time", report.acked_in_time},
        {"acked_but_for_delay", report.acked_but_for_delay},
        {"rate_per_s", report.rate()},
        {"sent_bytes", report.sent_bytes},
        {"received_bytes", report.received_bytes},
        {"duration_s", report.duration_s},
        {"interrupted", report.interrupted},
    };
}

Json json_of(std::vector<Host> const& hosts) {
    Json json = Json::array();
    for (Host const& host : hosts) {
        json.push_back({{"name", host.name},
                        {"cpu", host.cpu},
                        {"processors", host.processors},
                        {"kernel", host.kernel}});
    }
    return json;
}

Json json_of(std::vector<std::pair<std::string, std::string>> const& settings) {
    Json json = Json::array();
    for (auto const& [option, value] : settings) {
        json.push_back({{"option", option}, {"value", value}});
    }
    return json;
}

Json json_of(Outcomes const& outcomes) {
    Json json = Json::object();
    for (std::size_t i = 0; i != outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        json[field_of(outcome)] = outcomes[outcome];
    }
    return json;
}

Json json_of(Reasons const& reasons) {
    Json json = Json::array();
    for (auto const& [key, messages] : reasons.counts()) {
        json.push_back(
            {{"outcome", field_of(key.first)}, {"text", key.second}, {"messages", messages}});
    }
    return json;
}

Json json_of(std::optional<DatagramCounts> const& datagrams) {
    if (!datagrams) {
        return {};
    }
    return {
        {"late_answers", datagrams->late_answers},
        {"overtaken", datagrams->overtaken},
        {"listened_s", datagrams->listened_s},
    };
}

Json json_of(std::vector<Interval> const& intervals) {
    Json json = Json::array();
    for (Interval const& interval : intervals) {
        json.push_back({
            {"begin_s", interval.begin_s},
            {"length_s", interval.length_s},
            {"acked", interval.acked},
            {"failed", interval.failed},
            {"clients", interval.clients},
            {"response_buckets", json_of(interval.response)},
        });
    }
    return json;
}

Json json_of(Generator const& generator) {
    return {
        {"threads", generator.threads},
        {"cpu_s", generator.cpu_s},
        {"busy_share", generator.busy_share},
        {"own_delay_p99_us", generator.own_delay_p99_us},
        {"longest_stall_us", generator.longest_stall_us},
        {"bottleneck", generator.bottleneck},
        {"too_few_clients", generator.too_few_clients},
    };
}

Json json_of(std::map<std::string, std::size_t> const& misbehaving) {
    Json json = Json::object();
    for (auto const& [kind, clients] : misbehaving) {
        json[kind] = clients;
    }
    return json;
}

Json json_of(std::vector<Assertion> const& assertions) {
    Json json = Json::array();
    for (Assertion const& assertion : assertions) {
        json.push_back({{"text", assertion.text},
                        {"measured", assertion.measured},
                        {"verdict", std::string(name_of(assertion.verdict))}});
    }
    return json;
}

Json json_of(std::optional<AuditResult> const& audit) {
    if (!audit) {
        return {};
    }
    return {
        {"file", audit->file},
        {"datagrams", audit->datagrams},
        {"acked", audit->acked},
        {"written", audit->written},
        {"acked_not_written", audit->acked_not_written},
        {"written_twice", audit->written_twice},
        {"out_of_order", audit->out_of_order},
        {"written_not_acked", audit->written_not_acked},
        {"lost", audit->lost},
        {"damaged", audit->damaged},
        {"examples", audit->examples},
    };
}

/// An object for each line, or what has none inside: buckets and lists of words stay together.
void append_pretty(std::string& out, Json const& json, std::size_t indent) {
    bool const is_list_of_objects = json.is_array() && !json.empty() && json[0].is_object();
    if (!is_list_of_objects && (!json.is_object() || json.empty())) {
        constexpr bool ensure_ascii = true;
        out += json.dump(-1, ' ', ensure_ascii, Json::error_handler_t::replace);
        return;
    }
    out += json.is_object() ? '{' : '[';
    std::string_view separator;
    for (auto const& [key, value] : json.items()) {
        out.append(separator).append(1, '\n').append(indent + 2, ' ');
        if (json.is_object()) {
            append_pretty(out, key, 0);
            out += ": ";
        }
        append_pretty(out, value, indent + 2);
        separator = ",";
    }
    out.append(1, '\n').append(indent, ' ').append(1, json.is_object() ? '}' : ']');
}

}  // namespace

std::string field_of(Outcome outcome) {
    std::string field(name_of(outcome));
    std::ranges::replace(field, ' ', '_');
    return field;
}

std::string to_json(Report const& report) {
    Json const json = {
        {report_version_field, report_schema_version},
        {"version", report.version},
        {"runs", report.runs},
        {"build", report.build},
        {"title", report.title},
        {"hosts", json_of(report.hosts)},
        {"started", report.started},
        {"address", report.address},
        {"settings", json_of(report.settings)},
        {"asked", json_of(report.asked)},
        {"achieved", achieved(report)},
        {"planned", report.planned},
        {"outcomes", json_of(report.outcomes)},
        {"excused", json_of(report.excused)},
        {"reasons", json_of(report.reasons)},
        {"surplus_answers", report.surplus_answers},
        {"datagrams", json_of(report.datagrams)},
        {"connections", report.connections},
        {"idle_losses", report.idle_losses},
        {"latencies", json_of(report.latencies)},
        {"lower_bounds", lower_bounds(report.lower_bounds)},
        {"generator", json_of(report.generator)},
        {"misbehaving", json_of(report.misbehaving)},
        {"assertions", json_of(report.assertions)},
        {"audit", json_of(report.audit)},
        {"intervals", json_of(report.intervals)},
    };
    std::string text;
    append_pretty(text, json, 0);
    text += '\n';
    return text;
}

}  // namespace roger
