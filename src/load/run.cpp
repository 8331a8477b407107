// Bringing the swarms up, giving them their time, and adding up what they found.
#include "load/run.hpp"

#include "load/build.hpp"
#include "load/settings_text.hpp"
#include "load/this_host.hpp"
#include "net/thread.hpp"
#include "report/units.hpp"
#include "roger/version.hpp"

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <utility>

namespace roger {

namespace {

using std::chrono::milliseconds;

/// From the moment at which all have arrived to the first message: time enough for every swarm to
/// hear of it.
constexpr milliseconds preparation{20};

std::chrono::nanoseconds interval_length(Timeout duration) {
    constexpr std::chrono::seconds usual{1};
    constexpr int fewest = 10;
    constexpr int most = 1000;
    if (!duration) {
        return usual;
    }
    std::chrono::nanoseconds const all = *duration;
    return std::clamp<std::chrono::nanoseconds>(
        usual, all / most, std::max<std::chrono::nanoseconds>(all / fewest, milliseconds(100)));
}

std::uint64_t random_number() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

std::string wall_clock() {
    return fmt::format(
        "{:%Y-%m-%dT%H:%M:%SZ}",
        fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Why the figures would tell more about the load tester than about the server.
std::string find_bottleneck(Generator const& generator, Latencies const& latencies) {
    constexpr double busy = 0.95;
    constexpr std::int64_t late_us = 1000;
    constexpr std::int64_t tenth = 10;
    if (generator.busy_share >= busy) {
        return fmt::format(
            "its busiest event loop used, or waited for, a processor {:.0f} % of "
            "the time",
            100 * generator.busy_share);
    }
    std::int64_t const late = generator.own_lateness_p99_us;
    if (!latencies.response.empty() && late >= late_us &&
        late * tenth >= latencies.response.percentile_us(99)) {
        return fmt::format("it sent messages late by itself: 1 in 100 by {} or more",
                           duration_text(static_cast<double>(late)));
    }
    return "";
}

}  // namespace

LoadRun::LoadRun(asio::io_context& control, LoadSettings const& settings, Target& target)
    : control_(control),
      settings_(settings),
      target_(target),
      number_(random_number()),
      intervals_(interval_length(settings.messages ? std::nullopt : settings.duration),
                 settings.threads) {
    auto const tell = [this](auto change) {
        asio::post(control_, [this, change] {
            change();
            changed_.wake_all();
        });
    };
    Swarm::Events const events{.arrived = [this, tell] { tell([this] { ++arrived_; }); },
                               .finished =
                                   [this, tell](std::exception_ptr const& thrown) {
                                       tell([this, thrown] { swarm_finished(thrown); });
                                   }};
    for (std::size_t index = 0; index < settings_.threads; ++index) {
        swarms_.push_back(std::make_unique<Swarm>(settings_, target_, intervals_,
                                                  Share{.index = index, .of = settings_.threads},
                                                  number_, events));
    }
}

LoadRun::~LoadRun() {
    for (auto const& swarm : swarms_) {
        swarm->cut_off();
    }
}

asio::awaitable<Report> LoadRun::run() {
    start_swarms();
    while (arrived_ < swarms_.size() && interrupts_ == 0 && finished_ == 0) {
        co_await changed_.wait();
    }
    Timeline const timeline = make_timeline();
    bool const nobody = arrived_ == swarms_.size() && nobody_connected();
    for (auto const& swarm : swarms_) {
        if (nobody) {
            swarm->end();
        } else if (interrupts_ == 0) {
            swarm->start(timeline);
        }
    }
    while (finished_ < swarms_.size()) {
        co_await changed_.wait();
    }
    threads_.clear();
    if (thrown_) {
        std::rethrow_exception(thrown_);
    }
    Report report = make_report(timeline);
    if (nobody) {
        add_never_connected(report);
    }
    co_return report;
}

void LoadRun::start_swarms() {
    for (auto const& swarm : swarms_) {
        threads_.push_back(start_thread([&swarm = *swarm] { swarm.run(); }));
    }
}

void LoadRun::interrupt() {
    ++interrupts_;
    for (auto const& swarm : swarms_) {
        if (interrupts_ == 1) {
            swarm->end();
        } else {
            swarm->cut_off();
        }
    }
    changed_.wake_all();
}

void LoadRun::swarm_finished(std::exception_ptr const& thrown) {
    ++finished_;
    if (thrown && !thrown_) {
        thrown_ = thrown;
        for (auto const& swarm : swarms_) {
            swarm->cut_off();
        }
    }
}

bool LoadRun::nobody_connected() const {
    return std::ranges::all_of(
        swarms_, [](auto const& swarm) { return swarm->recorder().latencies().connect.empty(); });
}

Timeline LoadRun::make_timeline() const {
    auto const go = Clock::now() + preparation;
    auto const begin = go + settings_.warmup.value_or(milliseconds(0));
    bool const timed = settings_.duration && !settings_.messages;
    return {.go = go, .begin = begin, .end = timed ? begin + *settings_.duration : Course::none};
}

std::vector<AuditTrail const*> LoadRun::trails() const {
    std::vector<AuditTrail const*> all;
    all.reserve(swarms_.size());
    for (auto const& swarm : swarms_) {
        all.push_back(&swarm->trail());
    }
    return all;
}

Report LoadRun::make_report(Timeline const& timeline) {
    Report report;
    report.version = version;
    report.build = build_text();
    report.hosts = {this_host()};
    report.started = wall_clock();
    report.address = to_string(settings_.address);
    report.settings = settings_text(settings_);
    report.asked.clients = settings_.clients;
    report.asked.rate = settings_.rate;
    if (settings_.messages) {
        report.asked.messages = settings_.messages;
    } else if (settings_.duration) {
        report.asked.duration_s = seconds(*settings_.duration);
    }
    report.interrupted = interrupts_ > 0;
    report.generator.threads = swarms_.size();
    Histogram own_lateness;
    auto end = timeline.begin;
    if (settings_.datagrams()) {
        report.datagrams = DatagramCounts{.listened_s = std::numeric_limits<double>::max()};
    }
    for (auto const& swarm : swarms_) {
        Recorder const& recorder = swarm->recorder();
        if (report.datagrams) {
            swarm->add_to(*report.datagrams);
        }
        recorder.add_to(report);
        own_lateness.add(recorder.own_lateness());
        end = std::max(end, settings_.messages ? recorder.last_ack() : swarm->timeline().end);
    }
    report.duration_s = seconds(end - timeline.begin);
    report.intervals = intervals_.take(end - timeline.begin);
    for (auto const& swarm : swarms_) {
        auto const& [used, waited] = swarm->recorder().used();
        report.generator.cpu_s += seconds(used);
        if (report.duration_s > 0) {
            report.generator.busy_share =
                std::max(report.generator.busy_share, seconds(used + waited) / report.duration_s);
        }
    }
    std::int64_t const answered = report.latencies.lateness.count();
    own_lateness.add(
        {.value_us = 0, .count = std::max<std::int64_t>(answered - own_lateness.count(), 0)});
    report.generator.own_lateness_p99_us = own_lateness.percentile_us(99);
    report.generator.bottleneck = find_bottleneck(report.generator, report.latencies);
    return report;
}

/// There was no use in beginning: the first message of each client is what was planned.
void LoadRun::add_never_connected(Report& report) const {
    report.planned = settings_.clients;
    report.fates.count(Fate::never_connected, settings_.clients);
    for (auto const& swarm : swarms_) {
        report.reasons.count(Fate::never_connected, swarm->connect_failure(),
                             swarm->client_count());
    }
}

}  // namespace roger
