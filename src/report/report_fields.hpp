// The names of a report's figures in JSON: one list for writing and for reading.
#pragma once

#include "report/report.hpp"

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace roger {

/// A `Type` that is written, and so may be const, or read.
template <typename Value, typename Type>
concept IsA = std::same_as<std::remove_const_t<Value>, Type>;

// Each calls fields(name, value) for what is written and read, fields.derived(name, value) for what
// is written only, since it follows from the rest, and fields.object(name, list) for an object that
// has no type of its own.

void list_fields(auto& fields, IsA<Host> auto& host) {
    fields("name", host.name);
    fields("cpu", host.cpu);
    fields("processors", host.processors);
    fields("kernel", host.kernel);
}

void list_fields(auto& fields, IsA<std::pair<std::string, std::string>> auto& setting) {
    fields("option", setting.first);
    fields("value", setting.second);
}

void list_fields(auto& fields, IsA<AskedStage> auto& stage) {
    fields("from_per_s", stage.from_per_s);
    fields("to_per_s", stage.to_per_s);
    fields("length_s", stage.length_s);
}

void list_fields(auto& fields, IsA<Asked> auto& asked) {
    fields("clients", asked.clients);
    fields("rate_per_s", asked.rate);
    fields("stages", asked.stages);
    fields("duration_s", asked.duration_s);
    fields("messages", asked.messages);
    fields("ack_timeout_s", asked.ack_timeout_s);
}

void list_fields(auto& fields, IsA<DatagramCounts> auto& datagrams) {
    fields("late_answers", datagrams.late_answers);
    fields("overtaken", datagrams.overtaken);
    fields("listened_s", datagrams.listened_s);
}

void list_fields(auto& fields, IsA<Latencies> auto& latencies) {
    fields("response", latencies.response);
    fields("service", latencies.service);
    fields("lateness", latencies.lateness);
    fields("connect", latencies.connect);
}

void list_fields(auto& fields, IsA<Interval> auto& interval) {
    fields("begin_s", interval.begin_s);
    fields("length_s", interval.length_s);
    fields("acked", interval.acked);
    fields("failed", interval.failed);
    fields("clients", interval.clients);
    fields("response_buckets", interval.response);
}

void list_fields(auto& fields, IsA<Generator> auto& generator) {
    fields("threads", generator.threads);
    fields("cpu_s", generator.cpu_s);
    fields("busy_share", generator.busy_share);
    fields("own_delay_p99_us", generator.own_delay_p99_us);
    fields("longest_stall_us", generator.longest_stall_us);
    fields("bottleneck", generator.bottleneck);
    fields("too_few_clients", generator.too_few_clients);
}

void list_fields(auto& fields, IsA<Assertion> auto& assertion) {
    fields("text", assertion.text);
    fields("measured", assertion.measured);
    fields("verdict", assertion.verdict);
}

void list_fields(auto& fields, IsA<AuditResult> auto& audit) {
    fields("file", audit.file);
    fields("datagrams", audit.datagrams);
    fields("acked", audit.acked);
    fields("written", audit.written);
    fields("acked_not_written", audit.acked_not_written);
    fields("written_twice", audit.written_twice);
    fields("out_of_order", audit.out_of_order);
    fields("written_not_acked", audit.written_not_acked);
    fields("lost", audit.lost);
    fields("damaged", audit.damaged);
    fields("examples", audit.examples);
}

void list_fields(auto& fields, IsA<Report> auto& report) {
    fields("version", report.version);
    fields("runs", report.runs);
    fields("build", report.build);
    fields("title", report.title);
    fields("hosts", report.hosts);
    fields("started", report.started);
    fields("address", report.address);
    fields("settings", report.settings);
    fields("asked", report.asked);
    fields.object("achieved", [&report](auto& achieved) {
        achieved("clients", report.clients);
        achieved("acked_in_time", report.acked_in_time);
        achieved("acked_but_for_delay", report.acked_but_for_delay);
        achieved.derived("rate_per_s", report.rate());
        achieved("sent_bytes", report.sent_bytes);
        achieved("received_bytes", report.received_bytes);
        achieved("duration_s", report.duration_s);
        achieved("interrupted", report.interrupted);
    });
    fields("planned", report.planned);
    fields("outcomes", report.outcomes);
    fields("excused", report.excused);
    fields("reasons", report.reasons);
    fields("surplus_answers", report.surplus_answers);
    fields("datagrams", report.datagrams);
    fields("connections", report.connections);
    fields("failed_connects", report.failed_connects);
    fields("excused_connects", report.excused_connects);
    fields("idle_losses", report.idle_losses);
    fields("latencies", report.latencies);
    fields.object("lower_bounds", [&report](auto& lower_bounds) {
        lower_bounds("response", report.lower_bounds.response);
        lower_bounds("service", report.lower_bounds.service);
        lower_bounds("connect", report.lower_bounds.connect);
    });
    fields("generator", report.generator);
    fields("misbehaving", report.misbehaving);
    fields("assertions", report.assertions);
    fields("audit", report.audit);
    fields("intervals", report.intervals);
}

}  // namespace roger
