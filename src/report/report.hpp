// All that a load test found out: what is printed, saved, merged, compared and judged.
#pragma once

#include "report/histogram.hpp"
#include "report/host.hpp"
#include "report/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

/// Durations by the clocks of a message. Response: planned to acked. Service: sent to acked.
/// Lateness: planned to sent. Connect: connect() to connected, of connections made while measuring
/// and before.
struct Latencies {
    Histogram response;
    Histogram service;
    Histogram lateness;
    Histogram connect;

    void add(Latencies const& other);
    bool operator==(Latencies const&) const = default;
};

/// Of what the user did not wait for.
inline constexpr std::string_view cut_off_reason = "the run was interrupted";

/// Texts that explain failures, each with the number of messages that it explains. Only so many
/// different ones are kept; the rest is counted under "other texts".
class Reasons {
public:
    static constexpr std::size_t most = 8;

    /// Allocates nothing for a text that is already there.
    void count(Outcome outcome, std::string_view text, std::uint64_t messages = 1);
    void add(Reasons const& other);

    using Key = std::pair<Outcome, std::string>;
    /// By outcome, then by text, which may be a view.
    struct Before {
        using is_transparent = void;
        template <typename Left, typename Right>
        bool operator()(Left const& left, Right const& right) const {
            return left.first != right.first ? left.first < right.first
                                             : left.second < right.second;
        }
    };
    [[nodiscard]] std::map<Key, std::uint64_t, Before> const& counts() const { return counts_; }

    struct Reason {
        Outcome outcome;
        std::string text;
        std::uint64_t messages;
    };
    /// The most frequent first; equally frequent ones by their outcome and text.
    [[nodiscard]] std::vector<Reason> by_frequency() const;
    bool operator==(Reasons const&) const = default;

private:
    std::map<Key, std::uint64_t, Before> counts_;
};

/// A part of the measured time, all of one length but the last, which may be shorter.
struct Interval {
    double begin_s = 0;   ///< from the beginning of the measurement
    double length_s = 0;  ///< seconds
    std::uint64_t acked = 0;
    std::uint64_t failed = 0;
    std::size_t clients = 0;                  ///< connected at its end
    std::vector<Histogram::Bucket> response;  ///< of the messages acked in it

    bool operator==(Interval const&) const = default;
};

/// A part of the measured time whose rate was the same throughout, or changed evenly.
struct AskedStage {
    double from_per_s = 0;  ///< messages a second at its beginning
    double to_per_s = 0;    ///< at its end
    double length_s = 0;

    bool operator==(AskedStage const&) const = default;
};

/// What was asked for, as far as there is an achieved figure to hold against it.
struct Asked {
    std::size_t clients = 0;
    std::optional<double> rate;  ///< messages a second, of stages the mean; nothing: closed loop
    std::vector<AskedStage> stages = {};    ///< of the rate, in turn; none: it is always the same
    std::optional<double> duration_s;       ///< nothing: --messages
    std::optional<std::uint64_t> messages;  ///< nothing: --duration
    std::optional<double> ack_timeout_s;    ///< nothing: answers are waited for without an end

    bool operator==(Asked const&) const = default;
};

/// How the load tester itself fared.
struct Generator {
    std::size_t threads = 1;
    double cpu_s = 0;  ///< CPU time of all its loops while measuring
    double busy_share =
        0;  ///< of the busiest loop: its share of a processor, or of waiting for one
    std::int64_t own_delay_p99_us = 0;  ///< by which it itself delayed messages and answers
    std::int64_t longest_stall_us = 0;  ///< for which one of its loops saw to nothing
    std::string bottleneck;             ///< why its figures tell about itself; empty: they do not
    std::string too_few_clients;  ///< why messages had to wait; empty: the server was the reason

    bool operator==(Generator const&) const = default;
};

/// A load test's verdict on the server; each is the exit status of one that ends with it.
enum class LoadVerdict : int {
    held = 0,
    not_held = 1,
    none = 3,  ///< the load tester itself may be the reason for what was measured
};

/// As reports write it.
constexpr std::string_view name_of(LoadVerdict verdict) {
    return verdict == LoadVerdict::held ? "held" : verdict == LoadVerdict::none ? "none" : "failed";
}

/// One --assert, and what came of it.
struct Assertion {
    std::string text;      ///< as given: p99<5ms
    std::string measured;  ///< "6.1ms"
    LoadVerdict verdict = LoadVerdict::none;

    bool operator==(Assertion const&) const = default;
};

/// What only datagrams have. An answer is known by the address that it comes to, as long as that is
/// listened to: every message in flight has one of its own.
struct DatagramCounts {
    std::uint64_t late_answers = 0;  ///< to messages that had timed out
    std::uint64_t overtaken = 0;     ///< messages answered after one that was sent later
    double listened_s = 0;           ///< every address, after its message's answer or timeout

    bool operator==(DatagramCounts const&) const = default;
};

/// What an audit found in the server's output.
struct AuditResult {
    std::string file;
    bool datagrams = false;     ///< which the network may copy, and which may overtake each other
    std::uint64_t acked = 0;    ///< messages acked, those of the warm-up included
    std::uint64_t written = 0;  ///< records of this run
    std::uint64_t acked_not_written = 0;
    std::uint64_t written_twice = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t written_not_acked = 0;  ///< no fault: an ack can be lost on its way
    std::uint64_t lost = 0;               ///< sent, and neither written nor acked
    std::uint64_t damaged = 0;            ///< records that fail their checksum
    std::vector<std::string> examples;    ///< a few faults, each a sentence

    /// Something is wrong that the server promised.
    [[nodiscard]] bool faults() const {
        return acked_not_written + damaged > 0 || (!datagrams && written_twice + out_of_order > 0);
    }
    bool operator==(AuditResult const&) const = default;
};

struct Report {
    std::string title;    ///< the user's; may be empty
    std::string version;  ///< Roger's
    std::vector<std::string>
        runs;                 ///< each with a random name, which distinguishes it from all others
    std::string build;        ///< its compiler and Asio
    std::vector<Host> hosts;  ///< that load ran on
    std::string started;      ///< RFC 3339, UTC
    std::string address;      ///< in the grammar of addresses
    std::vector<std::pair<std::string, std::string>> settings;  ///< options and their values

    Asked asked;
    std::size_t clients = 0;  ///< most connected at once while measuring
    double duration_s = 0;    ///< measured time, without the wait for the last answers
    bool interrupted = false;

    std::uint64_t planned = 0;  ///< messages; the sum of the outcomes
    Outcomes outcomes;
    Outcomes excused;  ///< of these, those for which the load tester itself may be the reason
    /// Within duration_s, planned in it or before. In an open loop without a warm-up that was long
    /// enough: planned within it, and acked in it or little later (see end_allowance).
    std::uint64_t acked_in_time = 0;
    std::uint64_t acked_but_for_delay =
        0;                             ///< those too that came later by the load tester's delay
    std::uint64_t sent_bytes = 0;      ///< to the system while measuring, line endings included
    std::uint64_t received_bytes = 0;  ///< from it
    Reasons reasons;
    std::uint64_t surplus_answers =
        0;  ///< that answer no message: a fault of the server, or copies
    std::optional<DatagramCounts> datagrams;  ///< nothing: streams
    std::uint64_t connections = 0;            ///< made, first ones included
    std::uint64_t failed_connects = 0;        ///< attempts to connect, first ones included
    std::uint64_t excused_connects = 0;  ///< of these, for which the load tester may be the reason
    std::uint64_t idle_losses = 0;       ///< connections that ended with no message in flight

    Latencies latencies;
    /// The same, without the delays that the load tester itself has added: what the server is
    /// certain to have taken. The truth lies between the two. (Lateness has none.)
    Latencies lower_bounds;
    std::vector<Interval> intervals;
    Generator generator;
    std::map<std::string, std::size_t> misbehaving;  ///< clients by kind
    std::vector<Assertion> assertions;
    std::optional<AuditResult> audit;

    /// Messages acked in time, a second of measured time.
    [[nodiscard]] double rate() const;

    bool operator==(Report const&) const = default;
};

/// Of several machines or runs at the same time: counts add up, histograms are joined bucket for
/// bucket, intervals by their number. Throws std::invalid_argument where intervals differ in
/// length, where some are of a plan and some of a closed loop, and where a run is given twice.
/// Assertions and audits, which were about the parts, are left out.
Report merge(std::vector<Report> const& parts);

/// A sentence where the parts did not begin and end at the same time, as their clocks say, and what
/// merge() adds up did not happen together: more than two seconds and a tenth of the shorter apart.
std::optional<std::string> apart_in_time(std::vector<Report> const& parts);

}  // namespace roger
