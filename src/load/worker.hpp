// Many clients on one event loop.
#pragma once

#include "load/audit_trail.hpp"
#include "load/concurrency.hpp"
#include "load/late_replies.hpp"
#include "load/load_client.hpp"
#include "load/messages.hpp"
#include "load/pacer.hpp"
#include "load/plan.hpp"
#include "load/readiness.hpp"
#include "load/recorder.hpp"
#include "load/settings.hpp"
#include "load/target.hpp"
#include "net/deadlines.hpp"
#include "protocol/answers.hpp"
#include "roger/task.hpp"

#include <asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roger {

/// Why a client could not connect.
struct ConnectFailure {
    std::string reason;
    bool excused;  ///< for lack of something on our side
};

class Worker {
public:
    /// Called on the worker's thread.
    struct Events {
        std::function<void()> arrived;                     ///< every client is up, or has failed
        std::function<void(std::exception_ptr)> finished;  ///< every client is gone; or what threw
    };

    Worker(LoadSettings const& settings, Target& target, Intervals& intervals, Shard share,
           std::uint64_t run, Events events);
    ~Worker();
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;

    /// Connects and runs its clients until every one is gone.
    void run();

    // From any thread, while it runs.
    void start(Timeline timeline);  ///< once all have arrived
    void end();      ///< plans no more, waits for the last answers; if it does, cut_off()
    void cut_off();  ///< does not wait for them
    /// Ends run() at once. Takes no memory, of which there may be none.
    void abandon() { context_.stop(); }

    // After run().
    [[nodiscard]] Recorder const& recorder() const { return recorder_; }
    [[nodiscard]] AuditTrail const& trail() const { return trail_; }
    [[nodiscard]] Concurrency const& concurrency() const { return concurrency_; }
    [[nodiscard]] Clock::duration longest_delay() const { return readiness_.longest_delay(); }
    [[nodiscard]] std::size_t client_count() const { return clients_.size(); }
    [[nodiscard]] Timeline const& timeline() const { return plan_.timeline(); }
    /// Why the clients that could not connect could not: the last reason, or the last one that is
    /// the server's.
    [[nodiscard]] std::optional<ConnectFailure> const& connect_failure() const {
        return connect_failure_;
    }
    void add_to(DatagramCounts& counts) const;

    // What clients use, on this loop's thread.
    LoadSettings const& settings;
    Target& target;
    std::array<char, longest_answer> scratch;  ///< what one read brings
    std::string out;                           ///< what one write takes
    void arrived(std::optional<ConnectFailure> const& failure);
    void pace(Clock::time_point at, LoadClient& client) { pacer_.add(at, client); }
    void gone() { ++gone_; }
    [[nodiscard]] bool ending() const { return ending_; }
    Plan& plan() { return plan_; }
    Recorder& recorder() { return recorder_; }
    Readiness& readiness() { return readiness_; }
    Messages& messages() { return messages_; }
    AuditTrail& trail() { return trail_; }
    Concurrency& concurrency() { return concurrency_; }
    LateReplies& late_replies() { return late_replies_; }
    /// The number of the next datagram in the order in which this worker sends them. Numbers of
    /// different workers differ: modulo the number of workers, they are the worker's index.
    std::uint64_t next_number() { return shard_.of * datagrams_++ + shard_.index; }
    /// The datagram of that number was answered, and is of a message planned then.
    void datagram_answered(std::uint64_t number, Clock::time_point planned);
    void arm(Deadline<ClientTimer>& deadline, ClientTimer timer, Clock::time_point now) {
        deadlines_.arm(deadline, timer, now);
    }

private:
    Task<void> live();
    void finish(std::exception_ptr const& thrown);
    template <typename Action>
    void post(Action action);
    [[nodiscard]] Clock::time_point arrival_moment() const;
    void send_planned(Clock::time_point now);
    void let_arrive(Clock::time_point now);
    void begin(Timeline timeline);
    void end_plan();
    void give_up_unsent(Clock::time_point now);
    [[nodiscard]] Clock::duration grace() const;
    void cut_off_clients();
    [[nodiscard]] Clock::time_point next_moment() const;
    [[nodiscard]] bool all_done(Clock::time_point now) const;
    [[nodiscard]] bool over(Clock::time_point now) const;

    Events events_;
    Shard shard_;
    DeadlineQueues<ClientTimer> deadlines_;
    asio::io_context context_;
    Readiness readiness_;
    Plan plan_;
    Pacer pacer_;
    Recorder recorder_;
    LateReplies late_replies_;
    Messages messages_;
    AuditTrail trail_;
    Concurrency concurrency_;
    std::vector<std::unique_ptr<LoadClient>> clients_;

    Clock::time_point ramp_began_;
    std::size_t sent_off_ = 0;  ///< clients that have begun to arrive
    std::size_t arrived_ = 0;
    std::size_t gone_ = 0;
    std::optional<ConnectFailure> connect_failure_;
    std::optional<std::uint64_t> quota_;
    Clock::time_point give_up_at_ = ClientSchedule::none;  ///< what was planned before the end
    std::optional<Clock::duration> delay_at_end_;          ///< its later delays are compensated
    bool began_ = false;
    std::uint64_t datagrams_ = 0;      ///< sent
    std::uint64_t last_answered_ = 0;  ///< the highest number of one that was answered
    bool ending_ = false;
    bool cut_off_ = false;
};

}  // namespace roger
