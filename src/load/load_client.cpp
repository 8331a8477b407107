// A client's life: it connects, reconnects when it was disconnected, and closes in the end.
// load_client_talk.cpp has what it sends and receives meanwhile.
#include "load/load_client.hpp"

#include "load/worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace roger {

namespace {

/// 0 where it is connected at once, or errno's number.
int begin_to_connect(int socket, Endpoint const& server) {
    bool const done = ::connect(socket, server.data(), static_cast<socklen_t>(server.size())) == 0;
    return done ? connect_error(socket, server) : errno;
}

/// This system, or this process, has none left to connect with. EAGAIN is what Linux says of a
/// datagram socket that finds no free port; connect(2) does not.
bool is_own_exhaustion(int error) {
    constexpr std::array errors = {EADDRNOTAVAIL, EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM};
    return std::ranges::find(errors, error) != errors.end();
}

std::string error_text(int error) {
    std::string text = std::system_category().message(error);
    switch (error) {
        case EADDRNOTAVAIL:
        case EAGAIN:
            return text + " (no port of ours is free: connect from more addresses, --source A-B)";
        case EMFILE:
            return text + " (raise ulimit -n, or ask for fewer --clients)";
        default:
            return text;
    }
}

}  // namespace

LoadClient::LoadClient(Worker& worker, std::size_t number)
    : worker_(worker),
      deadline_(*this),
      in_flight_(worker.settings.pipeline),
      number_(static_cast<std::uint32_t>(number)) {}

LoadClient::~LoadClient() {
    close();
}

// --- connecting ---------------------------------------------------------------------------

void LoadClient::arrive(Clock::time_point now) {
    arriving_ = true;
    connect(now);
}

void LoadClient::connect(Clock::time_point now) {
    state_ = State::connecting;
    attempt_began_ = now;
    attempt_own_delay_ =
        schedule_.next <= now ? now - std::max(schedule_.next, could_send_at_) : Clock::duration(0);
    endpoint_ = worker_.target.preferred.load(std::memory_order_relaxed);
    endpoints_tried_ = 0;
    worker_.arm(deadline_, ClientTimer::connecting, now);
    try_endpoint(now);
}

void LoadClient::try_endpoint(Clock::time_point now) {
    Target const& target = worker_.target;
    Endpoint const& server = target.endpoints[endpoint_];
    socket_ = worker_.late_replies().reuse(endpoint_);
    if (socket_) {
        worker_.readiness().change(socket_.get(), EPOLLIN, *this);
        made_contact(Clock::duration(0));
        return;
    }
    socket_ = open_client_socket(target.type, server, target.sources.of(number_));
    int const error = socket_ ? begin_to_connect(socket_.get(), server) : errno;
    if (error == 0) {
        worker_.readiness().add(socket_.get(), EPOLLIN, *this);
        made_contact(Clock::duration(0));
    } else if (error == EINPROGRESS) {
        worker_.readiness().add(socket_.get(), EPOLLOUT, *this);
    } else if (error == EAGAIN && server.data()->sa_family == AF_UNIX) {
        close();
        worker_.arm(deadline_, ClientTimer::queueing, now);
    } else {
        connect_failed(error);
    }
}

void LoadClient::connect_failed(int error) {
    close();
    auto const now = Clock::now();
    bool const exhausted = is_own_exhaustion(error);
    // The first address has taken connections before: what the others answer is beside the point.
    bool const decided = exhausted && endpoints_tried_ == 0 && !arriving_;
    if (endpoints_tried_ == 0 || !exhausted) {
        connect_error_ = error;
    }
    std::size_t const endpoints = worker_.target.endpoints.size();
    if (++endpoints_tried_ < endpoints && !decided) {
        endpoint_ = static_cast<std::uint16_t>((endpoint_ + 1) % endpoints);
        worker_.arm(deadline_, ClientTimer::connecting, now);
        try_endpoint(now);
        return;
    }
    could_not_connect(error_text(connect_error_), is_own_exhaustion(connect_error_));
}

void LoadClient::could_not_connect(std::string const& reason, bool excused) {
    close();
    deadline_.disarm();
    if (arriving_ || !worker_.settings.datagrams()) {
        worker_.recorder().connect_failed(excused);
    }
    auto const now = Clock::now();
    if (std::exchange(arriving_, false)) {
        state_ = State::down;
        worker_.arrived(ConnectFailure{.reason = reason, .excused = excused});
    } else {
        while (!in_flight_.empty()) {  // a datagram that the network refused
            worker_.concurrency().lost(now);
            worker_.recorder().failed(in_flight_.pop().planned, Outcome::never_connected, reason,
                                      excused);
        }
        give_up(now, Outcome::never_connected, reason, excused);
        state_ = State::pausing;
        worker_.arm(deadline_, ClientTimer::pausing, now);
        end_if_done();
    }
}

bool LoadClient::has_event(short event) const {
    pollfd connection{.fd = socket_.get(), .events = event, .revents = 0};
    return socket_ && ::poll(&connection, 1, 0) > 0;
}

/// The connection may be there, or the greeting, where this loop was not ready for it in time.
void LoadClient::check_connect_time() {
    if (state_ == State::connecting && has_event(POLLOUT)) {
        on_event(EPOLLOUT);
    }
    if (state_ == State::greeting) {
        receive();
    }
    bool const is_still_waiting = state_ == State::connecting || state_ == State::greeting;
    if (is_still_waiting && !deadline_.armed()) {  // else it is another address's turn
        connect_failed(ETIMEDOUT);
    }
}

void LoadClient::made_contact(Clock::duration kept_waiting) {
    if (worker_.settings.greeting) {
        state_ = State::greeting;
    } else {
        connected(Clock::now(), kept_waiting);
    }
}

void LoadClient::connected(Clock::time_point now, Clock::duration kept_waiting) {
    state_ = State::up;
    deadline_.disarm();
    sent_on_connection_ = 0;
    worker_.target.preferred.store(endpoint_, std::memory_order_relaxed);
    bool const arrives = std::exchange(arriving_, false);
    if (arrives || !worker_.settings.datagrams()) {
        ++connection_;
        worker_.recorder().connected(now - attempt_began_, kept_waiting);
        could_send_at_ = now - attempt_own_delay_ - kept_waiting;
    }
    if (arrives) {
        worker_.arrived(std::nullopt);
    }
    if (!in_flight_.empty()) {
        resend(now);  // what was refused where the last attempt went
    }
    pursue(now);
}

/// Those planned before `until` can no longer be sent.
void LoadClient::give_up(Clock::time_point until, Outcome outcome, std::string_view reason,
                         bool excused) {
    auto const now = Clock::now();
    set_waiting(false, now);
    Plan& plan = worker_.plan();
    Recorder& recorder = worker_.recorder();
    if (!excused) {
        auto const at_fault =
            up() ? std::min(own_fault_after(now) + Clock::duration(1), until) : until;
        recorder.gave_up(plan.give_up(schedule_, at_fault), outcome, reason, false);
    }
    recorder.gave_up(plan.give_up(schedule_, until), outcome, reason, true);
}

// --- ending -------------------------------------------------------------------------------

void LoadClient::end_plan() {
    if (schedule_.next >= worker_.plan().timeline().end) {
        schedule_.next = ClientSchedule::none;
    }
    end_if_done();
}

void LoadClient::end_if_done() {
    if (!worker_.ending() || schedule_.next != ClientSchedule::none || !in_flight_.empty()) {
        return;
    }
    if (up()) {
        linger();
    } else if (state_ != State::lingering) {
        go();
    }
}

/// Mostly by this load tester, which began late, or has not looked at what is there.
bool LoadClient::is_kept_from_connection() const {
    bool const late = Clock::now() - attempt_began_ < attempt_own_delay_;
    switch (state_) {
        case State::connecting:
            return late || (has_event(POLLOUT) &&
                            connect_error(socket_.get(), worker_.target.endpoints[endpoint_]) == 0);
        case State::greeting:
            return late || has_event(POLLIN);
        default:
            return false;
    }
}

void LoadClient::give_up_unsent() {
    if (up()) {
        give_up(worker_.plan().timeline().end, Outcome::unsent, "the run ended", false);
    } else {
        bool const excused = is_kept_from_connection();
        if (!worker_.settings.datagrams() &&
            (state_ == State::connecting || state_ == State::greeting)) {
            worker_.recorder().connect_failed(excused);
        }
        give_up(worker_.plan().timeline().end, Outcome::never_connected,
                "not connected when the run ended", excused);
    }
    schedule_.next = ClientSchedule::none;
    end_if_done();
}

/// Reads until the server closes: more answers than messages are a fault of the server's.
void LoadClient::linger() {
    if (worker_.settings.per_connection != 0 || worker_.settings.datagrams()) {
        go();
        return;
    }
    state_ = State::lingering;
    ::shutdown(socket_.get(), SHUT_WR);
    worker_.arm(deadline_, ClientTimer::lingering, Clock::now());
}

void LoadClient::cut_off() {
    give_up(worker_.plan().timeline().end, Outcome::unsent, cut_off_reason, true);
    schedule_.next = ClientSchedule::none;
    if (up()) {
        give_up_connection(in_flight_.empty(), cut_off_reason, true);
    } else {
        go();
    }
}

void LoadClient::go() {
    if (state_ != State::gone) {
        close();
        deadline_.disarm();
        state_ = State::gone;
        worker_.gone();
    }
}

void LoadClient::close() {
    socket_.close();
    unsent_ = std::string();
    begun_ = std::string();
}

void LoadClient::on_deadline(ClientTimer timer) {
    auto const now = Clock::now();
    switch (timer) {
        case ClientTimer::connecting:
            check_connect_time();
            return;
        case ClientTimer::queueing:
            if (worker_.settings.connect_timeout &&
                now - attempt_began_ >= *worker_.settings.connect_timeout) {
                connect_failed(ETIMEDOUT);
            } else {
                try_endpoint(now);
            }
            return;
        case ClientTimer::answer:
            check_answer_time();
            return;
        case ClientTimer::pausing:
            state_ = State::down;
            could_send_at_ = now;
            worker_.plan().free(schedule_, now);
            pursue(now);
            return;
        case ClientTimer::lingering:
            go();
            return;
    }
}

}  // namespace roger
