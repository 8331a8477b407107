// What the sessions of one event loop have in common, and how they come and go.
#include "server/loop.hpp"

#include "net/spawn.hpp"
#include "server/session.hpp"

#include <asio/dispatch.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace roger {

namespace {

/// Received and not yet displayed, per loop; a read adds at most one scratch buffer to it.
constexpr std::size_t most_bytes_waiting = 4 * 1024 * 1024;

/// How long a refused client may take to close its side before the server closes the connection.
constexpr std::chrono::milliseconds linger_time{1000};

/// A client that has not reached its loop yet. It keeps the server, which its permit goes back to.
struct Arrival {
    std::shared_ptr<void> server;
    LoopSocket socket;
    PeerAddress peer;
    Permit permit;
};

/// In the order of Timer.
std::vector<Timeout> timeouts(ServerOptions const& options) {
    // It is no reason for a shutdown to fail.
    auto const linger = std::min({linger_time, options.write_timeout.value_or(linger_time),
                                  options.drain_timeout.value_or(2 * linger_time) / 2});
    return {options.idle_timeout, options.message_timeout, options.write_timeout, linger};
}

}  // namespace

Loop::Loop(std::size_t index, asio::io_context& context, ServerContext const& server, Events events)
    : budget(context, most_bytes_waiting, server.owner),
      index_(index),
      context_(context),
      server_(server),
      events_(std::move(events)),
      deadlines_(timeouts(server.options)),
      timer_(std::in_place, context, deadlines_, server.owner) {}

Loop::~Loop() = default;

void Loop::serve(LoopSocket socket, PeerAddress peer, Permit permit) {
    Arrival arrival{server_.owner.lock(), std::move(socket), std::move(peer), std::move(permit)};
    asio::dispatch(context_, [this, arrival = std::move(arrival)]() mutable {
        start_session(std::move(arrival.socket), std::move(arrival.peer), CloseReason::none,
                      std::move(arrival.permit));
    });
}

void Loop::turn_away(LoopSocket socket, PeerAddress peer, CloseReason why, Permit permit) {
    if (permit) {
        start_session(std::move(socket), std::move(peer), why, std::move(permit));
    } else {
        Session(*this, std::move(socket), std::move(peer), why, {}).close_at_once();
    }
}

void Loop::start_session(LoopSocket socket, PeerAddress peer, CloseReason reason, Permit permit) {
    if (aborted_) {
        return;  // it was on its way here when the sessions were cut off
    }
    auto session = std::make_unique<Session>(*this, std::move(socket), std::move(peer), reason,
                                             std::move(permit));
    if (draining_) {
        session->drain();
    }
    // The coroutine keeps the server for as long as it is suspended, wherever that is.
    spawn(
        context_.get_executor(), Session::run(std::move(session)),
        [this, owner = server_.owner.lock()](std::exception_ptr const& thrown) { ended(thrown); });
}

void Loop::enter(Session& session, bool served) {
    session.link_before(sessions_);
    if (served) {
        tally.accepted.add();
        tally.clients.add();
    }
}

/// Notifies nobody yet: it may be the end of the context that destroys the session.
void Loop::leave(Session& session, bool served) {
    session.unlink();
    if (served) {
        tally.clients.subtract(1);
        served_one_left_ = true;
    }
}

void Loop::ended(std::exception_ptr const& thrown) {
    if (thrown) {
        server_.fail(describe(thrown));
    }
    if (std::exchange(served_one_left_, false)) {
        events_.session_ended();
    }
    check_drained();
}

void Loop::post(void (Loop::*action)()) {
    asio::post(context_, while_alive(server_.owner, [this, action] { (this->*action)(); }));
}

void Loop::start() {
    keep_running_.emplace(context_.get_executor());
}

void Loop::drain() {
    post(&Loop::drain_here);
}

void Loop::finish() {
    post(&Loop::finish_here);
}

void Loop::abort() {
    post(&Loop::abort_here);
}

void Loop::drain_here() {
    draining_ = true;
    for_each_session([](Session& session) { session.drain(); });
    check_drained();
}

void Loop::destroy_io() {
    timer_.reset();
    keep_running_.reset();
}

/// `action` leaves the list as it is: a session's coroutine goes on only after it.
void Loop::for_each_session(void (*action)(Session&)) {
    for (ListHook* hook = sessions_.next(); hook != &sessions_; hook = hook->next()) {
        action(static_cast<Session&>(*hook));
    }
}

void Loop::check_drained() {
    if (draining_ && !sessions_.linked() && !std::exchange(drained_told_, true)) {
        events_.drained();
    }
}

void Loop::finish_here() {
    timer_->stop();
    keep_running_.reset();
}

void Loop::abort_here() {
    aborted_ = true;
    for_each_session([](Session& session) { session.abort(); });
    budget.notify_all();
    finish_here();
    events_.aborted();
}

}  // namespace roger
