// One client of a load test: it connects, sends what is planned, and times the answers.
#pragma once

#include "load/in_flight_queue.hpp"
#include "load/late_replies.hpp"
#include "load/plan.hpp"
#include "net/clock.hpp"
#include "net/deadlines.hpp"
#include "net/descriptor.hpp"
#include "report/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roger {

class Worker;

/// What a client waits for. Each wait has one length in all of a worker.
enum class ClientTimer : std::uint8_t {
    connecting,  ///< the connection
    answer,      ///< looks in every so often whether the oldest message has waited too long
    queueing,    ///< for a slot in the listen queue of a Unix socket, which was full
    pausing,     ///< the next attempt to connect, after a failed one
    lingering,   ///< the server closes its side after we have closed ours
};

/// Belongs to one event loop and never waits itself: its worker calls it when something has
/// happened.
///
///     down ─▶ connecting ─▶ (greeting) ─▶ up ─▶ lingering ─▶ gone
///      ▲  └─◀─ pausing ◀────────┘          │
///      └───────────────────────────────────┘
///
/// A datagram needs no connection: a socket, connected to the server's address, stands in for one.
/// It is for one message only; see LateReplies.
class LoadClient final : DeadlineOwner<ClientTimer>, SocketOwner {
public:
    LoadClient(Worker& worker, std::size_t number);
    ~LoadClient() override;
    LoadClient(LoadClient const&) = delete;
    LoadClient& operator=(LoadClient const&) = delete;

    [[nodiscard]] std::size_t number() const { return number_; }
    [[nodiscard]] bool up() const { return state_ == State::up; }

    /// Before the first message is planned: connects, so as to be there when it is.
    void arrive(Clock::time_point now);

    /// Plans the first message.
    void begin();

    /// Its socket is ready: epoll_wait(2)'s events.
    void on_event(std::uint32_t events) override;

    /// The moment of a planned message has come.
    void due(Clock::time_point now);

    /// The plan has ended: ends when nothing is left to be sent and to be answered.
    void end_plan();

    /// What has been planned and not been sent is not sent any more.
    void give_up_unsent();

    /// Ends at once, as the user asked: what is not sent or not answered is nobody's fault.
    void cut_off();

private:
    enum class State : std::uint8_t { down, connecting, greeting, pausing, up, lingering, gone };

    void connect(Clock::time_point now);
    void try_endpoint(Clock::time_point now);
    [[nodiscard]] bool has_event(short event) const;
    [[nodiscard]] bool is_kept_from_connection() const;
    void check_connect_time();
    void connect_failed(int error);
    void could_not_connect(std::string const& reason, bool excused);
    void made_contact(Clock::duration kept_waiting);
    void connected(Clock::time_point now, Clock::duration kept_waiting);
    void give_up(Clock::time_point until, Outcome outcome, std::string_view reason, bool excused);

    void pursue(Clock::time_point now);
    void pace();
    void send_due(Clock::time_point now);
    void append_message(std::string& out) const;
    void resend(Clock::time_point now);
    void send(std::string_view bytes);
    void send_rest();
    void keep_unsent(std::string_view rest);
    /// How much the system took; nothing: the socket takes no more.
    std::optional<std::size_t> write(std::string_view bytes);
    void receive();
    void take(std::string_view bytes, Clock::time_point now);
    void take_datagram(std::string_view bytes, Clock::time_point now);
    void answer(std::string_view line, Clock::time_point now);
    void count_outcome(Sent const& message, std::string_view line, Clock::time_point now);
    [[nodiscard]] bool can_send() const;
    [[nodiscard]] bool connection_used_up() const;
    void answered(Clock::time_point now);
    void rest(LateReplies::After after, Clock::time_point planned);
    void lost(std::string_view reason);
    void give_up_connection(bool idle, std::string_view reason, bool excused);
    void check_answer_time();
    [[nodiscard]] bool is_overdue(Clock::time_point now) const;
    [[nodiscard]] Clock::duration kept_waiting(Clock::time_point now) const;
    [[nodiscard]] Clock::time_point own_fault_after(Clock::time_point now) const;
    void set_waiting(bool waiting, Clock::time_point now);

    void end_if_done();
    void linger();
    void go();
    void close();
    void on_deadline(ClientTimer timer) override;

    Worker& worker_;
    Deadline<ClientTimer> deadline_;
    ClientSchedule schedule_;
    InFlightQueue in_flight_;
    Clock::time_point attempt_began_;
    Clock::duration attempt_own_delay_{0};  ///< how much sooner it would have begun
    /// When it would have been free to send its next message, had the load tester always been
    /// ready.
    Clock::time_point could_send_at_ = Clock::time_point::min();
    std::string unsent_;  ///< what the system did not take at once; without storage mostly
    std::size_t unsent_begin_ = 0;  ///< what is before it was taken since
    std::string begun_;             ///< an answer that has come in part; without storage mostly
    std::uint64_t messages_ = 0;
    /// The number of the connection, or a datagram's number in the order of all.
    std::uint64_t connection_ = 0;
    std::uint64_t sent_on_connection_ = 0;
    std::uint32_t number_;
    Descriptor socket_;
    std::uint16_t endpoint_ = 0;         ///< of the server's, being tried
    std::uint16_t endpoints_tried_ = 0;  ///< in this attempt
    int connect_error_ = 0;              ///< of this attempt: the server's, if any was
    State state_ = State::down;
    bool arriving_ = false;  ///< the first attempt, which its worker waits for
    bool paced_ = false;     ///< its worker will call when the next message is due
    bool waiting_ = false;   ///< a message is due, and has to wait for the answer to an earlier one
};

}  // namespace roger
