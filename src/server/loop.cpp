// Runs one event loop, and owns its sessions.
#include "server/loop.hpp"

#include "net/clock.hpp"
#include "net/spawn.hpp"
#include "server/session.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace roger {

namespace {

/// Received and not yet displayed, per loop; a read adds at most one scratch buffer to it.
constexpr std::size_t most_bytes_waiting = 4 * 1024 * 1024;

/// How long a client that was told to go may take to close its side, before it is closed on it.
constexpr std::chrono::milliseconds linger_time{1000};

/// Newcomers that are being told why they are not served: they hold no place, but each holds a
/// descriptor of the few that the limit leaves free, so that those beyond this number are told and
/// closed without waiting for them.
constexpr std::size_t most_turned_away = 8;

/// At an end that does not wait, for the sessions that can come to their own.
constexpr std::chrono::milliseconds abort_time{100};

/// In the order of Timer.
std::vector<Timeout> timeouts(ServerOptions const& options) {
    // It is no reason for a shutdown to fail.
    auto const linger = std::min({linger_time, options.write_timeout.value_or(linger_time),
                                  options.drain_timeout.value_or(2 * linger_time) / 2});
    return {options.idle_timeout, options.message_timeout, options.write_timeout, linger};
}

}  // namespace

Loop::Loop(std::size_t index, ServerContext const& server, Events events)
    : budget(context_, most_bytes_waiting),
      index_(index),
      server_(server),
      events_(std::move(events)),
      deadlines_(timeouts(server.options)),
      context_(1),
      keep_running_(context_.get_executor()),
      timer_(context_, deadlines_) {}

Loop::~Loop() = default;

void Loop::serve(LoopSocket socket, PeerAddress peer) {
    asio::dispatch(context_, [this, socket = std::move(socket), peer = std::move(peer)]() mutable {
        start(std::move(socket), std::move(peer), CloseReason::none);
    });
}

void Loop::turn_away(LoopSocket socket, PeerAddress peer, CloseReason why) {
    if (turned_away_ < most_turned_away) {
        start(std::move(socket), std::move(peer), why);
    } else {
        Session(*this, std::move(socket), std::move(peer), why).close_at_once();
    }
}

void Loop::start(LoopSocket socket, PeerAddress peer, CloseReason reason) {
    if (abandoned_) {
        return;  // it was on its way here when the sessions were cut off
    }
    auto session = std::make_unique<Session>(*this, std::move(socket), std::move(peer), reason);
    if (draining_) {
        session->drain();
    }
    spawn(context_.get_executor(), Session::run(std::move(session)),
          [this](std::exception_ptr const& thrown) { ended(thrown); });
}

void Loop::enter(Session& session, bool has_place) {
    session.link_before(sessions_);
    if (has_place) {
        tally.accepted.add();
        tally.clients.add();
    } else {
        ++turned_away_;
    }
}

/// Tells nobody yet: it may be the loop's own end that destroys the session.
void Loop::leave(Session& session, bool has_place) {
    session.unlink();
    if (has_place) {
        tally.clients.subtract(1);
        ++freed_places_;
    } else {
        --turned_away_;
    }
}

void Loop::ended(std::exception_ptr const& thrown) {
    if (thrown) {
        server_.fail(describe(thrown));
    }
    for (; freed_places_ > 0; --freed_places_) {
        events_.session_ended();
    }
    check_drained();
}

void Loop::drain() {
    asio::post(context_, [this] {
        draining_ = true;
        for_each_session([](Session& session) { session.drain(); });
        check_drained();
    });
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

void Loop::finish() {
    asio::post(context_, [this] {
        timer_.stop();
        keep_running_.reset();
    });
}

void Loop::abandon() {
    abandoned_ = true;
    context_.stop();
}

void Loop::run() {
    context_.run();
    if (abandoned_) {
        events_.abandoned();
        abort_sessions();
    }
}

bool Loop::destroy_coroutines() {
    budget.destroy_waiters();
    context_.shutdown();
    return !sessions_.linked() && budget.empty();
}

/// Sessions that wait for their socket end at once. Those that wait for the handler are destroyed
/// in the end.
void Loop::abort_sessions() {
    context_.restart();
    for_each_session([](Session& session) { session.abort(); });
    budget.notify_all();
    // Messages that wait to be displayed would go on as long as the output takes them.
    for (auto const end = Clock::now() + abort_time;
         Clock::now() < end && context_.poll_one() != 0;) {
    }
}

}  // namespace roger
