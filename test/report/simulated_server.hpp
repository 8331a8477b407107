// Reports of load tests of servers whose truth is known.
#pragma once

#include "report/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace roger {

/// How a server responds. Times are distributed log-normally.
struct Behaviour {
    double median_us = 1000;
    double spread = 0.5;      ///< standard deviation of the times' logarithm
    double tail = 1;          ///< factor of the slowest 2 %
    double drift = 0.01;      ///< of the logarithm of an interval's median
    double likeness = 0;      ///< correlation of an interval's drift with the one before it
    bool heavy_tail = false;  ///< of the drift: Student's with 3 degrees of freedom
    double run_drift = 0;     ///< of the logarithm of a run's median
    double trend = 1;         ///< factor from the first interval's median to the last one's
    double spikes = 0;        ///< share of the intervals that are ten times as slow
    double failed_share = 0;
    double stall_s = 0;  ///< up to 1 s, in the middle of the run
    double clients = 1;  ///< in a closed loop; of less than one, there are pauses
    double rate = 0;     ///< messages a second; 0: closed loop
};

class SimulatedServer {
public:
    SimulatedServer(Behaviour const& behaviour, std::uint32_t seed)
        : behaviour_(behaviour), random_(seed), spikes_(behaviour.spikes) {}

    Report report(std::size_t intervals) {
        Report report;
        double const run = std::exp(behaviour_.run_drift * normal_(random_));
        double drift = normal_(random_);
        for (std::size_t i = 0; i < intervals; ++i) {
            drift = next(drift);
            double const elapsed = static_cast<double>(i) / static_cast<double>(intervals);
            double const spike = spikes_(random_) ? 10 : 1;
            double const slowness = run * spike * std::exp(drift * behaviour_.drift) *
                                    std::pow(behaviour_.trend, elapsed);
            double const stall_s = i == intervals / 2 ? behaviour_.stall_s : 0;
            add_interval(report, behaviour_.median_us * slowness, stall_s);
        }
        report.latencies.service = report.latencies.response;
        report.lower_bounds = report.latencies;  // the load tester added nothing
        report.duration_s = static_cast<double>(intervals);
        if (behaviour_.rate > 0) {
            report.asked.rate = behaviour_.rate;
        }
        return report;
    }

private:
    double next(double drift) {
        if (behaviour_.heavy_tail) {
            return heavy_(random_);
        }
        double const likeness = behaviour_.likeness;
        return likeness * drift + std::sqrt(1 - likeness * likeness) * normal_(random_);
    }

    /// The stall is at the interval's beginning.
    void add_interval(Report& report, double median_us, double stall_s) {
        std::vector<std::int64_t> times;
        constexpr double us_per_s = 1e6;
        double const mean_us = median_us * std::exp(behaviour_.spread * behaviour_.spread / 2);
        bool const closed = behaviour_.rate == 0;
        auto const stalled = std::llround(stall_s == 0 ? 0
                                          : closed     ? behaviour_.clients
                                                       : behaviour_.rate * stall_s);
        for (std::int64_t i = 0; i != stalled; ++i) {
            double const waited = closed ? 0 : static_cast<double>(i) / behaviour_.rate;
            times.push_back(std::llround((stall_s - waited) * us_per_s + time_us(median_us)));
        }
        double const per_second =
            closed ? behaviour_.clients * us_per_s / mean_us : behaviour_.rate;
        auto const others = std::llround(per_second * (1 - stall_s));
        for (std::int64_t i = 0; i != others; ++i) {
            times.push_back(std::llround(time_us(median_us)));
        }
        add_interval(report, times);
    }

    double time_us(double median_us) {
        double const deviation = normal_(random_);
        constexpr double slowest_2_percent = 2.0537;
        return median_us * std::exp(behaviour_.spread * deviation) *
               (deviation > slowest_2_percent ? behaviour_.tail : 1);
    }

    void add_interval(Report& report, std::vector<std::int64_t>& times) const {
        std::ranges::sort(times);
        Interval interval = {.begin_s = static_cast<double>(report.intervals.size()),
                             .length_s = 1,
                             .acked = times.size(),
                             .response = {}};
        for (std::int64_t const us : times) {
            if (interval.response.empty() || interval.response.back().value_us != us) {
                interval.response.push_back({us, 0});
            }
            ++interval.response.back().count;
        }
        report.latencies.response.add(interval.response);
        interval.failed = static_cast<std::uint64_t>(
            std::llround(static_cast<double>(interval.acked) * behaviour_.failed_share));
        report.outcomes.count(Outcome::acked, interval.acked);
        report.outcomes.count(Outcome::timed_out, interval.failed);
        report.acked_in_time += interval.acked;
        report.intervals.push_back(std::move(interval));
    }

    Behaviour behaviour_;
    std::mt19937 random_;
    std::normal_distribution<> normal_;
    std::student_t_distribution<> heavy_{3};
    std::bernoulli_distribution spikes_;
};

}  // namespace roger
