// Bringing the workers up, giving them their time, and adding up what they found.
#include "load/run.hpp"

#include "load/build.hpp"
#include "load/settings_text.hpp"
#include "load/this_host.hpp"
#include "net/clock.hpp"
#include "net/thread.hpp"
#include "program/units.hpp"
#include "roger/version.hpp"

#include <asio/post.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

using std::chrono::milliseconds;

/// From the moment at which all have arrived to the first message: time enough for every worker to
/// hear of it.
constexpr milliseconds preparation{20};

std::chrono::nanoseconds interval_length(std::optional<Clock::duration> length) {
    constexpr std::chrono::nanoseconds usual = std::chrono::seconds(1);
    constexpr std::chrono::nanoseconds least = milliseconds(100);
    constexpr int fewest = 10;
    return length ? std::clamp<std::chrono::nanoseconds>(*length / fewest, least, usual) : usual;
}

std::uint64_t random_number() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

std::string time_text(std::chrono::system_clock::time_point moment) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(moment)));
}

Asked asked_for(LoadSettings const& settings) {
    Asked asked{.clients = settings.clients,
                .rate = {},
                .duration_s = {},
                .messages = settings.messages,
                .ack_timeout_s = {}};
    if (settings.rate) {
        asked.rate = settings.rate->mean();
        for (RateStage const& stage : settings.rate->stages()) {
            asked.stages.push_back({.from_per_s = stage.from,
                                    .to_per_s = stage.to,
                                    .length_s = to_seconds(stage.length)});
        }
    }
    if (settings.ack_timeout) {
        asked.ack_timeout_s = to_seconds(*settings.ack_timeout);
    }
    if (!settings.messages && settings.duration) {
        asked.duration_s = to_seconds(*settings.duration);
    }
    return asked;
}

/// Why the figures would tell more about the load tester than about the server.
std::string find_bottleneck(Generator const& generator, Latencies const& latencies) {
    constexpr double busy = 0.95;
    constexpr std::int64_t much_us = 1000;
    constexpr std::int64_t tenth = 10;
    if (generator.busy_share >= busy) {
        return fmt::format(
            "its busiest event loop used, or waited for, a processor {:.0f} % of "
            "the time",
            100 * generator.busy_share);
    }
    std::int64_t const delay = generator.own_delay_p99_us;
    if (!latencies.response.empty() && delay >= much_us &&
        delay * tenth >= latencies.response.percentile_us(99)) {
        return fmt::format("it delayed 1 in 100 messages by {} or more",
                           duration_text(static_cast<double>(delay)));
    }
    return "";
}

/// Why messages had to wait for a client, if it was not for the server.
std::string find_too_few_clients(LoadSettings const& settings, Concurrency const& concurrency) {
    if (!settings.rate || !concurrency.is_too_low()) {
        return "";
    }
    double const rate = settings.rate->highest();
    auto const needed = static_cast<std::uint64_t>(std::ceil(rate * concurrency.free_service_s()));
    auto const slots = settings.clients * settings.pipeline;
    return fmt::format(
        "too few clients: {} with answers that take {} are about {} in flight {}, and {} can "
        "have {}: raise --clients{}",
        rate_text(rate), duration_text(concurrency.free_service_s() * 1e6),
        count_text(needed, "message"), needed > slots ? "at once" : "on average and at times more",
        count_text(settings.clients, "client"), count_text(slots),
        settings.datagrams() ? "" : " or --pipeline");
}

/// For how long after the end of an open loop acks count for its rate. What is in flight then is
/// made up for by what was at the beginning, but for a warm-up that was too short for the slower
/// answers.
std::optional<Clock::duration> end_allowance(LoadSettings const& settings,
                                             Histogram const& service) {
    constexpr double slower = 3;  // times the mean: nearly all
    std::chrono::duration<double, std::micro> const answer(slower * service.mean_us());
    return settings.rate && settings.warmup.value_or(milliseconds(0)) < answer
               ? std::optional(std::chrono::round<Clock::duration>(answer))
               : std::nullopt;
}

/// Where the queue grows, what is answered late would have been answered late whenever it began: so
/// no more counts than the server kept up with, and no less than it answered `by_end`.
std::uint64_t acked_in_time(std::uint64_t by_end, std::uint64_t within_allowance,
                            std::uint64_t planned, QueueGrowth const& growth) {
    return growth.is_certain()
               ? std::max(by_end, std::min(within_allowance, growth.most_kept_up_with(planned)))
               : within_allowance;
}

}  // namespace

LoadRun::LoadRun(asio::io_context& control, LoadSettings const& settings, Target& target)
    : control_(control),
      settings_(settings),
      target_(target),
      number_(random_number()),
      intervals_(interval_length(planned_length(settings)), settings.threads) {
    auto const tell = [this](auto change) {
        asio::post(control_, [this, change] {
            change();
            changed_.notify_all();
        });
    };
    Worker::Events const events{.arrived = [this, tell] { tell([this] { ++arrived_; }); },
                                .finished =
                                    [this, tell](std::exception_ptr const& thrown) {
                                        tell([this, thrown] { worker_finished(thrown); });
                                    }};
    for (std::size_t index = 0; index < settings_.threads; ++index) {
        workers_.push_back(std::make_unique<Worker>(settings_, target_, intervals_,
                                                    Shard{.index = index, .of = settings_.threads},
                                                    number_, events));
    }
}

LoadRun::~LoadRun() {
    for (auto const& worker : workers_) {
        worker->abandon();
    }
}

asio::awaitable<Report> LoadRun::run() {
    start_workers();
    while (arrived_ < workers_.size() && interrupts_ == 0 && finished_ == 0) {
        co_await changed_.wait();
    }
    bool const nobody = arrived_ == workers_.size() && nobody_connected();
    auto const start_at = nobody || interrupts_ != 0 ? std::nullopt : settings_.start_at;
    Timeline const timeline = make_timeline(start_at);
    started_ =
        start_at.value_or(std::chrono::system_clock::now() + (timeline.begin - Clock::now()));
    if (start_at && timeline.go < Clock::now()) {
        throw std::runtime_error(
            "--start-at: that moment had passed when all clients were connected and the warm-up "
            "was to begin: choose a later one");
    }
    for (auto const& worker : workers_) {
        if (nobody) {
            worker->end();
        } else if (interrupts_ == 0) {
            worker->start(timeline);
        }
    }
    while (finished_ < workers_.size() && !thrown_) {
        co_await changed_.wait();
    }
    if (thrown_) {
        std::rethrow_exception(thrown_);
    }
    threads_.clear();
    Report report = make_report(timeline);
    if (nobody) {
        add_never_connected(report);
    }
    co_return report;
}

void LoadRun::start_workers() {
    for (auto const& worker : workers_) {
        threads_.push_back(start_thread([&worker = *worker] { worker.run(); }));
    }
}

void LoadRun::interrupt() {
    ++interrupts_;
    for (auto const& worker : workers_) {
        if (interrupts_ == 1) {
            worker->end();
        } else {
            worker->cut_off();
        }
    }
    changed_.notify_all();
}

void LoadRun::worker_finished(std::exception_ptr const& thrown) {
    ++finished_;
    if (thrown && !thrown_) {
        thrown_ = thrown;
    }
}

bool LoadRun::nobody_connected() const {
    return std::ranges::all_of(workers_, [](auto const& worker) {
        return worker->recorder().latencies().connect.empty();
    });
}

Timeline LoadRun::make_timeline(
    std::optional<std::chrono::system_clock::time_point> start_at) const {
    Clock::duration const warmup = settings_.warmup.value_or(milliseconds(0));
    auto const soonest = Clock::now() + preparation;
    auto const begin =
        start_at ? Clock::now() + (*start_at - std::chrono::system_clock::now()) : soonest + warmup;
    auto const go = begin - warmup;
    auto const length = planned_length(settings_);
    return {.go = go, .begin = begin, .end = length ? begin + *length : ClientSchedule::none};
}

std::vector<AuditTrail const*> LoadRun::trails() const {
    std::vector<AuditTrail const*> all;
    all.reserve(workers_.size());
    for (auto const& worker : workers_) {
        all.push_back(&worker->trail());
    }
    return all;
}

void LoadRun::count_acked_in_time(Report& report) const {
    auto const growth = trend_.growth();
    auto const allowance =
        growth ? end_allowance(settings_, report.latencies.service) : std::nullopt;
    Report generous;
    for (auto const& worker : workers_) {
        worker->recorder().add_acked_in_time_to(report, std::nullopt);
        worker->recorder().add_acked_in_time_to(generous, allowance);
    }
    if (allowance) {
        report.acked_in_time =
            acked_in_time(report.acked_in_time, generous.acked_in_time, report.planned, *growth);
        report.acked_but_for_delay = acked_in_time(
            report.acked_but_for_delay, generous.acked_but_for_delay, report.planned, *growth);
    }
}

Report LoadRun::make_report(Timeline const& timeline) {
    Report report;
    report.version = version;
    report.runs = {fmt::format("{:016x}", number_)};
    report.build = build_text();
    report.hosts = {this_host()};
    report.started = time_text(started_);
    report.address = to_string(settings_.address);
    report.settings = settings_text(settings_);
    report.asked = asked_for(settings_);
    report.interrupted = interrupts_ > 0;
    report.generator.threads = workers_.size();
    Histogram own_delay;
    Concurrency concurrency(settings_.pipeline);
    auto end = timeline.begin;
    if (settings_.datagrams()) {
        report.datagrams = DatagramCounts{.listened_s = std::numeric_limits<double>::max()};
    }
    for (auto const& worker : workers_) {
        Recorder const& recorder = worker->recorder();
        if (report.datagrams) {
            worker->add_to(*report.datagrams);
        }
        recorder.add_to(report);
        own_delay.add(recorder.own_delay());
        concurrency.add(worker->concurrency());
        end = std::max(end, worker->timeline().end);
        report.generator.longest_stall_us = std::max(
            report.generator.longest_stall_us,
            std::chrono::round<std::chrono::microseconds>(worker->longest_delay()).count());
    }
    report.duration_s = to_seconds(end - timeline.begin);
    report.intervals = intervals_.take(end - timeline.begin);
    for (auto const& worker : workers_) {
        trend_.add(worker->recorder().trend());
    }
    count_acked_in_time(report);
    for (auto const& worker : workers_) {
        auto const& [used, waited] = worker->recorder().used();
        report.generator.cpu_s += to_seconds(used);
        if (report.duration_s > 0) {
            report.generator.busy_share = std::max(report.generator.busy_share,
                                                   to_seconds(used + waited) / report.duration_s);
        }
    }
    report.generator.own_delay_p99_us = own_delay.percentile_us(99);
    report.generator.bottleneck = find_bottleneck(report.generator, report.latencies);
    report.generator.too_few_clients = find_too_few_clients(settings_, concurrency);
    if (!report.generator.too_few_clients.empty()) {
        report.excused.count(Outcome::unsent,
                             report.outcomes[Outcome::unsent] - report.excused[Outcome::unsent]);
    }
    return report;
}

/// The run could not begin: the first message of each client counts as planned.
void LoadRun::add_never_connected(Report& report) const {
    report.planned =
        std::min<std::uint64_t>(settings_.messages.value_or(settings_.clients), settings_.clients);
    report.outcomes.count(Outcome::never_connected, report.planned);
    std::uint64_t left = report.planned;
    for (auto const& worker : workers_) {
        std::uint64_t const messages = std::min<std::uint64_t>(left, worker->client_count());
        left -= messages;
        auto const& [reason, excused] = worker->connect_failure().value();
        report.reasons.count(Outcome::never_connected, reason, messages);
        if (excused) {
            report.excused.count(Outcome::never_connected, messages);
        }
    }
}

}  // namespace roger
