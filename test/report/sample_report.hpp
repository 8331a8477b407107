// A report that has something everywhere.
#pragma once

#include "report/report.hpp"

#include <chrono>
#include <cstdint>

namespace roger::test {

/// Durations from 100 µs on, in steps that grow, so that they fill many buckets.
inline Histogram sample_histogram(int count, std::int64_t step_us) {
    Histogram histogram;
    for (int i = 0; i != count; ++i) {
        histogram.record(std::chrono::microseconds(100 + step_us * i * i));
    }
    return histogram;
}

inline void add_sample_settings(Report& report) {
    report.title = "before the \"change\"";
    report.version = "0.1.0";
    report.runs = {"3e86e3ab2b5aa38d"};
    report.build = "GCC 12.2.0, Asio 1.36.0";
    report.hosts = {
        {.name = "bench-1", .cpu = "AMD EPYC 7B13", .processors = 2, .kernel = "Linux 6.18.5"}};
    report.started = "2026-11-22T12:25:08.123Z";
    report.address = "tcp:localhost:51717";
    report.settings = {{"--clients", "1000"}, {"--rate", "20000"}, {"--message", "say \"Grüße\""}};
    report.asked = {.clients = 1000,
                    .rate = 20'000.0,
                    .stages = {{.from_per_s = 10'000, .to_per_s = 30'000, .length_s = 4},
                               {.from_per_s = 20'000, .to_per_s = 20'000, .length_s = 6}},
                    .duration_s = 10.0,
                    .messages = 200'000,
                    .ack_timeout_s = 10.0};
}

inline void add_sample_counts(Report& report) {
    report.clients = 998;
    report.duration_s = 10.0004;
    report.interrupted = true;
    report.planned = 199'980;
    report.outcomes.count(Outcome::acked, 199'938);
    report.acked_in_time = report.outcomes[Outcome::acked];
    report.outcomes.count(Outcome::refused, 12);
    report.outcomes.count(Outcome::wrong_answer, 10);
    report.outcomes.count(Outcome::timed_out, 8);
    report.outcomes.count(Outcome::connection_lost, 6);
    report.outcomes.count(Outcome::never_connected, 4);
    report.outcomes.count(Outcome::unsent, 2);
    report.excused.count(Outcome::unsent, 1);
    report.acked_but_for_delay = report.acked_in_time + 1;
    report.sent_bytes = 5'000'000;
    report.received_bytes = 4'000'000;
    report.reasons.count(Outcome::refused, "error: too many clients", 9);
    report.reasons.count(Outcome::refused, "error: message too long", 3);
    report.reasons.count(Outcome::wrong_answer, R"(\x1b[2Jgone)", 10);
    report.reasons.count(Outcome::never_connected, "Connection refused", 4);
    report.surplus_answers = 3;
    report.connections = 1007;
    report.failed_connects = 5;
    report.excused_connects = 2;
    report.idle_losses = 1;
}

inline void add_sample_times(Report& report) {
    report.latencies = {.response = sample_histogram(200, 7),
                        .service = sample_histogram(150, 5),
                        .lateness = sample_histogram(100, 3),
                        .connect = sample_histogram(50, 11)};
    report.lower_bounds = {.response = sample_histogram(200, 6),
                           .service = sample_histogram(150, 4),
                           .lateness = {},
                           .connect = sample_histogram(50, 10)};
    report.intervals = {{.begin_s = 0,
                         .length_s = 1,
                         .acked = 120,
                         .failed = 40,
                         .clients = 998,
                         .response = sample_histogram(120, 7).buckets()},
                        {.begin_s = 1,
                         .length_s = 0.4,
                         .acked = 80,
                         .failed = 2,
                         .clients = 997,
                         .response = sample_histogram(80, 9).buckets()}};
}

inline void add_sample_findings(Report& report) {
    report.generator = {.threads = 2,
                        .cpu_s = 4.25,
                        .busy_share = 0.93,
                        .own_delay_p99_us = 1800,
                        .longest_stall_us = 2500,
                        .bottleneck = "its busiest thread was 93.0% busy",
                        .too_few_clients = "too few clients: raise --clients"};
    report.misbehaving = {{"deaf", 5}, {"slow", 10}};
    report.assertions = {{.text = "p99<5ms", .measured = "6.1ms", .verdict = LoadVerdict::not_held},
                         {.text = "failed=42", .measured = "42", .verdict = LoadVerdict::held}};
    report.audit = {.file = "out.log",
                    .acked = 199'940,
                    .written = 199'941,
                    .acked_not_written = 1,
                    .written_twice = 2,
                    .out_of_order = 3,
                    .written_not_acked = 4,
                    .lost = 6,
                    .damaged = 5,
                    .examples = {"message 7 of client 3 was acked but not written"}};
}

inline Report sample_report() {
    Report report;
    add_sample_settings(report);
    add_sample_counts(report);
    add_sample_times(report);
    add_sample_findings(report);
    return report;
}

}  // namespace roger::test
