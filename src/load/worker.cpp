// The one loop of all load tests: closed or open, pipelined or not, reconnecting or not.
#include "load/worker.hpp"

#include "net/spawn.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace roger {

namespace {

/// Connections being made at once while the clients arrive: no more than a server's listen queue
/// is likely to hold.
constexpr std::size_t most_arriving = 128;

/// Connections begun in one go: more would have to wait before we notice them.
constexpr std::size_t most_begun = 8;

constexpr std::chrono::milliseconds queueing_pause{5};
constexpr std::chrono::milliseconds failure_pause{100};

/// How long a server may take to close its side after its last answer.
constexpr std::chrono::milliseconds leave_time{1000};

/// For how long a datagram's address is listened to when its message's outcome is decided.
Clock::duration listen_time(LoadSettings const& settings) {
    return settings.ack_timeout.value_or(std::chrono::seconds(1));
}

/// In the order of ClientTimer.
std::vector<Timeout> wait_lengths(LoadSettings const& settings, Target const& target) {
    // How late a timeout is found is a sixteenth of it; in return, no message moves a deadline.
    Timeout look_in;
    if (settings.ack_timeout) {
        look_in = *settings.ack_timeout / 16 + std::chrono::milliseconds(1);
    }
    return {target.share_of(settings.connect_timeout), look_in, queueing_pause, failure_pause,
            leave_time};
}

}  // namespace

Worker::Worker(LoadSettings const& load_settings, Target& load_target, Intervals& intervals,
               Shard share, std::uint64_t run, Events events)
    : settings(load_settings),
      target(load_target),
      events_(std::move(events)),
      shard_(share),
      deadlines_(wait_lengths(settings, target)),
      context_(1),
      readiness_(context_),
      plan_(settings, share),
      pacer_(settings.clients / share.of + 1),
      recorder_(intervals),
      late_replies_(readiness_, recorder_, listen_time(settings), target.most_resting),
      messages_(settings, run),
      concurrency_(settings.pipeline) {
    for (std::size_t number = share.index; number < settings.clients; number += share.of) {
        clients_.push_back(std::make_unique<LoadClient>(*this, number));
    }
}

Worker::~Worker() = default;

void Worker::run() {
    try {
        spawn(context_.get_executor(), live(),
              [this](std::exception_ptr const& thrown) { finish(thrown); });
        context_.run();
    } catch (...) {  // of what was posted
        finish(std::current_exception());
    }
}

void Worker::finish(std::exception_ptr const& thrown) {
    if (thrown) {
        context_.stop();
        clients_.clear();  // if memory has run out, reporting that takes some
    }
    events_.finished(thrown);
}

Task<void> Worker::live() {
    ramp_began_ = Clock::now();
    while (!over(Clock::now())) {
        let_arrive(Clock::now());
        auto const events = co_await readiness_.wait_until(next_moment());
        for (epoll_event const& event : events) {
            EpollSet::owner(event)->on_event(event.events);
        }
        auto const now = Clock::now();
        recorder_.begin_if_due(now);  // what is sent then belongs to the measurement
        send_planned(now);
        deadlines_.expire(now);
        recorder_.pass(now);
        if (all_done(now)) {
            end_plan();
        }
        if (now >= give_up_at_) {
            give_up_unsent(now);
        }
    }
    recorder_.finish();
}

void Worker::send_planned(Clock::time_point now) {
    while (pacer_.next() <= now) {
        pacer_.pop().due(Clock::now());
    }
}

Clock::time_point Worker::next_moment() const {
    auto moment = std::min(pacer_.next(), recorder_.next_moment());
    if (auto const deadline = deadlines_.next()) {
        moment = std::min(moment, *deadline);
    }
    if (began_) {
        moment = std::min(moment, ending_ ? give_up_at_ : plan_.timeline().end);
    }
    if (gone_ == clients_.size()) {
        moment = std::min(moment, late_replies_.over_at());
    }
    return std::min(moment, arrival_moment());
}

bool Worker::over(Clock::time_point now) const {
    return gone_ == clients_.size() && (cut_off_ || now >= late_replies_.over_at());
}

// --- arriving -----------------------------------------------------------------------------

/// When the next client is to arrive: the ramp is the same for all workers.
Clock::time_point Worker::arrival_moment() const {
    // Once one has failed, there is no point in holding the others back.
    bool const crowded = sent_off_ - arrived_ >= most_arriving && !connect_failure_;
    if (sent_off_ == clients_.size() || crowded || ending_) {
        return ClientSchedule::none;
    }
    auto const share = static_cast<double>(shard_.index + sent_off_ * shard_.of) /
                       static_cast<double>(settings.clients);
    return ramp_began_ + std::chrono::duration_cast<Clock::duration>(
                             share * settings.ramp.value_or(std::chrono::milliseconds(0)));
}

void Worker::let_arrive(Clock::time_point now) {
    for (std::size_t begun = 0; begun < most_begun && arrival_moment() <= now && !ending_;
         ++begun) {
        clients_[sent_off_++]->arrive(Clock::now());
    }
}

void Worker::arrived(std::optional<ConnectFailure> const& failure) {
    ++arrived_;
    bool const says_more = failure && !(failure->excused && connect_failure_);
    if (says_more) {
        connect_failure_ = failure;
    }
    if (arrived_ == clients_.size()) {
        events_.arrived();
    }
}

// --- datagrams ----------------------------------------------------------------------------

void Worker::datagram_answered(std::uint64_t number, Clock::time_point planned) {
    if (number < last_answered_) {
        recorder_.overtaken(planned);
    }
    last_answered_ = std::max(last_answered_, number);
}

void Worker::add_to(DatagramCounts& counts) const {
    recorder_.add_to(counts);
    // The last ones were not listened to for long if the run was to end at once.
    auto const listened = cut_off_ ? Clock::duration(0) : late_replies_.listened();
    counts.listened_s = std::min(counts.listened_s, to_seconds(listened));
}

// --- beginning and ending -----------------------------------------------------------------

void Worker::start(Timeline timeline) {
    post([timeline](Worker& self) { self.begin(timeline); });
}

void Worker::end() {
    post([](Worker& self) {
        if (self.ending_) {
            self.cut_off_clients();
        } else {
            self.end_plan();
        }
    });
}

void Worker::cut_off() {
    post([](Worker& self) { self.cut_off_clients(); });
}

template <typename Action>
void Worker::post(Action action) {
    asio::post(context_, [this, action] {
        action(*this);
        readiness_.wake();
    });
}

void Worker::begin(Timeline timeline) {
    if (ending_) {
        return;
    }
    began_ = true;
    plan_.start(timeline);
    quota_ = plan_.quota();
    recorder_.start(timeline, settings.rate.has_value());
    readiness_.measure_from(timeline.begin);
    concurrency_.begin_at(timeline.begin);
    for (auto const& client : clients_) {
        client->begin();
    }
}

bool Worker::all_done(Clock::time_point now) const {
    if (!began_ || ending_ || now < plan_.timeline().begin) {
        return false;
    }
    return now >= plan_.timeline().end || (quota_ && recorder_.outcomes().sum() >= *quota_);
}

void Worker::end_plan() {
    if (std::exchange(ending_, true)) {
        return;
    }
    auto const now = Clock::now();
    send_planned(std::min(now, plan_.timeline().end));
    plan_.end(now);
    recorder_.end(plan_.timeline().end);
    concurrency_.end();
    if (settings.rate && !settings.messages) {
        give_up_at_ = now + grace();  // not from the end, which may have been slept through
        delay_at_end_ = readiness_.total_delay();
    }
    for (auto const& client : clients_) {
        client->end_plan();
    }
}

/// A little after the end: by then, what was planned before it has been sent, or is a backlog.
Clock::duration Worker::grace() const {
    constexpr int part_of_duration = 100;
    constexpr std::chrono::milliseconds least{100};
    constexpr int answers = 2;
    Histogram const& service = recorder_.latencies().service;
    std::chrono::microseconds const slow_answer(service.empty() ? 0 : service.percentile_us(99));
    auto const& timeline = plan_.timeline();
    return std::max<Clock::duration>(
        {least, (timeline.end - timeline.begin) / part_of_duration, answers * slow_answer});
}

void Worker::give_up_unsent(Clock::time_point now) {
    if (auto const delay_before = std::exchange(delay_at_end_, std::nullopt)) {
        give_up_at_ = now + (readiness_.total_delay() - *delay_before);
        return;
    }
    give_up_at_ = ClientSchedule::none;
    for (auto const& client : clients_) {
        client->give_up_unsent();
    }
}

void Worker::cut_off_clients() {
    end_plan();
    cut_off_ = true;
    give_up_at_ = ClientSchedule::none;
    for (auto const& client : clients_) {
        client->cut_off();
    }
}

}  // namespace roger
