// What the sessions of one event loop have in common, and how they come and go.
#include "server/loop.hpp"

#include "net/spawn.hpp"
#include "net/while_alive.hpp"
#include "server/session.hpp"

#include <asio/deferred.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace roger {

namespace {

/// Received and not yet displayed, per loop; a read adds at most 64 KiB to it.
constexpr std::size_t most_bytes_waiting = 4 * 1024 * 1024;

/// How long a refused client may take to close its side before the server closes the connection.
constexpr std::chrono::milliseconds linger_time{1000};

/// A client that has not reached its loop yet. It keeps the server alive, to which its permit
/// returns.
struct Arrival {
    std::shared_ptr<void> server;
    Descriptor socket;
    PeerAddress peer;
    Permit permit;
};

/// In the order of DeadlineKind.
std::vector<Timeout> timeouts(ServerOptions const& options) {
    // To linger must not make a shutdown time out.
    auto const linger = std::min({linger_time, options.write_timeout.value_or(linger_time),
                                  options.drain_timeout.value_or(2 * linger_time) / 2});
    return {options.idle_timeout, options.message_timeout, options.write_timeout, linger,
            retry_pause};
}

}  // namespace

Loop::Loop(std::size_t index, asio::io_context& context, ServerContext const& server,
           Callbacks callbacks)
    : budget(most_bytes_waiting),
      index_(index),
      context_(context),
      server_(server),
      callbacks_(std::move(callbacks)),
      deadlines_(timeouts(server.options)),
      timer_(std::in_place, context, deadlines_, server.owner),
      ready_set_(std::in_place, context),
      writer_(server.writer(index)),
      retry_(*this) {
    if (writer_ != nullptr) {
        writer_->attach(context.get_executor(), [this] { resume_budget_waiters(); });
    }
}

Loop::~Loop() = default;

void Loop::serve(Descriptor socket, PeerAddress peer, Permit permit) {
    Arrival arrival{server_.owner.lock(), std::move(socket), std::move(peer), std::move(permit)};
    asio::dispatch(context_, [this, arrival = std::move(arrival)]() mutable {
        start_session(std::move(arrival.socket), std::move(arrival.peer), CloseReason::none,
                      std::move(arrival.permit));
    });
}

void Loop::turn_away(Descriptor socket, PeerAddress peer, CloseReason why, Permit permit) {
    if (permit) {
        start_session(std::move(socket), std::move(peer), why, std::move(permit));
    } else {
        Session(*this, std::move(socket), std::move(peer), why, {}).refuse(why);
    }
}

void Loop::start_session(Descriptor socket, PeerAddress peer, CloseReason reason, Permit permit) {
    if (ended_now_) {
        return;  // it was on its way here when the sessions were cut off
    }
    auto session = std::make_unique<Session>(*this, std::move(socket), std::move(peer), reason,
                                             std::move(permit));
    try {
        session->watch();
    } catch (std::system_error const& error) {
        session->refuse(Admission::reason_without_memory(reason));
        session.reset();
        callbacks_.client_refused(error.code().message());
        ended(nullptr);
        return;
    }
    if (draining_) {
        session->drain();
    }
    spawn(
        context_.get_executor(), Session::run(std::move(session)),
        [loop = ServerKeepAlive(*this)](std::exception_ptr const& thrown) { loop->ended(thrown); });
}

void Loop::hold_server() {
    if (holders_++ == 0) {
        held_ = server_.owner.lock();
    }
}

/// May destroy the server, and this with it.
void Loop::release_server() {
    if (--holders_ == 0) {
        auto const until_the_end = std::move(held_);
    }
}

void Loop::enter(Session& session, bool served) {
    session.link_before(sessions_);
    if (served) {
        counters.accepted.add();
        counters.clients.add();
    }
}

/// Notifies nobody yet: what destroys the session may be the end of its context.
void Loop::leave(Session& session, bool served) {
    session.unlink();
    if (served) {
        counters.clients.subtract(1);
        served_session_ended_ = true;
    }
}

void Loop::ended(std::exception_ptr const& thrown) {
    if (thrown) {
        server_.fail(Errc::server_failed, describe(thrown));
    }
    if (std::exchange(served_session_ended_, false)) {
        callbacks_.session_ended();
    }
    check_drained();
}

void Loop::post(void (Loop::*action)()) {
    asio::post(context_, while_alive(server_.owner, [this, action] { (this->*action)(); }));
}

void Loop::start() {
    spawn(context_.get_executor(), run(),
          [this, owner = server_.owner.lock()](std::exception_ptr const& thrown) mutable {
              finished(thrown, std::move(owner));
          });
}

/// The caller may destroy the contexts once the server has ended, so it has not while anything of
/// it is pending in this one.
void Loop::finished(std::exception_ptr const& thrown, std::shared_ptr<void> server) {
    if (thrown) {
        server_.fail(Errc::server_failed, describe(thrown));
    }
    timer_.reset();
    ready_set_.reset();
    callbacks_.finished(std::move(server));
}

/// Each round is queued behind the other work of the context, so that clients that send much do not
/// starve that.
Task<void> Loop::run() {
    while (!finished_) {
        if (ready_.empty()) {
            co_await ready_set_->wait();
        } else {
            co_await asio::post(context_, asio::deferred);
        }
        in_round_ = true;
        try {
            round();
        } catch (...) {
            server_.fail(Errc::server_failed, describe(std::current_exception()));
        }
        in_round_ = false;
    }
}

/// First all of the events, then the sessions: what one does cannot make another's event stale. The
/// records of all of them are written with one call.
void Loop::round() {
    for (epoll_event const& event : ready_set_->poll()) {
        EpollSet::owner(event)->on_event(event.events);
    }
    ready_.resume_all();
    if (writer_ != nullptr) {
        writer_->write();
    }
}

/// Outside of a round, the first that became ready has woken it already.
void Loop::resume_soon(Waiter& waiter) {
    bool const must_wake = ready_.empty();
    ready_.add(waiter);
    if (must_wake) {
        wake();
    }
}

void Loop::resume_later(Waiter& waiter) {
    later_.add(waiter);
    if (!retry_.armed()) {
        arm(retry_, DeadlineKind::retry);
    }
}

/// The loop itself has only one: to retry.
void Loop::on_deadline(DeadlineKind /*kind*/) {
    ready_.take(later_);
    wake();
}

void Loop::resume_budget_waiters() {
    if (!budget_waiters.empty() && !full()) {
        ready_.take(budget_waiters);
        wake();
    }
}

void Loop::wake() {
    if (!in_round_ && ready_set_) {
        ready_set_->cancel();
    }
}

void Loop::drain() {
    post(&Loop::drain_here);
}

void Loop::finish() {
    post(&Loop::finish_here);
}

void Loop::end_now() {
    post(&Loop::end_now_here);
}

void Loop::drain_here() {
    draining_ = true;
    for_each_session([](Session& session) { session.drain(); });
    check_drained();
}

void Loop::destroy_waiters() {
    budget_waiters.destroy_all();
    ready_.destroy_all();
    for (ListHook* hook = sessions_.next(); hook != &sessions_;) {
        ListHook* const next = hook->next();
        static_cast<Session&>(*hook).destroy_waiting();
        hook = next;
    }
}

void Loop::destroy_io() {
    timer_.reset();
    ready_set_.reset();
}

/// `action` does not change the list: a session's coroutine goes on only after it.
void Loop::for_each_session(void (*action)(Session&)) {
    for (ListHook* hook = sessions_.next(); hook != &sessions_; hook = hook->next()) {
        action(static_cast<Session&>(*hook));
    }
}

void Loop::check_drained() {
    if (draining_ && !sessions_.linked() && !std::exchange(drained_reported_, true)) {
        callbacks_.drained();
    }
}

void Loop::finish_here() {
    finished_ = true;
    wake();
}

void Loop::end_now_here() {
    ended_now_ = true;
    for_each_session([](Session& session) { session.end_now(); });
    ready_.take(budget_waiters);
    finish_here();
}

}  // namespace roger
