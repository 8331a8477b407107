// Runs one event loop, and owns its sessions.
#include "server/loop.hpp"

#include "net/spawn.hpp"
#include "server/session.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace roger {

namespace {

/// Received and not yet displayed, per loop; a read adds at most one scratch buffer to it.
constexpr std::size_t most_bytes_waiting = 4 * 1024 * 1024;

/// How long a client that was told to go may take to close its side, before it is closed on it.
constexpr std::chrono::seconds leave_time{1};

/// Newcomers that are being told that there is no place for them: they hold no place, but each
/// holds a descriptor, so those beyond this number are closed without a word.
constexpr std::size_t most_turned_away = 64;

std::array<Timeout, wait_count> wait_lengths(ServerOptions const& options) {
    std::chrono::milliseconds const leaving =
        std::min<std::chrono::milliseconds>(leave_time, options.write_timeout.value_or(leave_time));
    return {options.idle_timeout, options.message_timeout, options.write_timeout, leaving};
}

}  // namespace

Loop::Loop(std::size_t index, Service const& service, Events events)
    : room(context_, most_bytes_waiting),
      index_(index),
      service_(service),
      events_(std::move(events)),
      deadlines_(wait_lengths(service.options)),
      context_(1),
      keep_running_(context_.get_executor()),
      timer_(context_, deadlines_) {}

Loop::~Loop() = default;

void Loop::serve(LoopSocket socket, std::string from) {
    asio::dispatch(context_, [this, socket = std::move(socket), from = std::move(from)]() mutable {
        start(std::move(socket), std::move(from), Ending::none);
    });
}

void Loop::turn_away(LoopSocket socket, std::string from) {
    asio::dispatch(context_, [this, socket = std::move(socket), from = std::move(from)]() mutable {
        if (turned_away_ < most_turned_away) {
            start(std::move(socket), std::move(from), Ending::busy);
        } else {
            tally.refused_busy.add();
        }
    });
}

void Loop::start(LoopSocket socket, std::string from, Ending ending) {
    bool const has_place = ending == Ending::none;
    if (has_place) {
        tally.accepted.add();
        tally.clients.add();
    } else {
        ++turned_away_;
    }
    auto session = std::make_unique<Session>(*this, std::move(socket), std::move(from), ending);
    if (draining_) {
        session->drain();
    }
    spawn(context_.get_executor(), Session::run(std::move(session)),
          [this, has_place](std::exception_ptr const& thrown) { ended(has_place, thrown); });
}

void Loop::ended(bool had_place, std::exception_ptr const& thrown) {
    if (thrown) {
        service_.fail(describe(thrown));
    }
    if (had_place) {
        tally.clients.subtract(1);
        events_.session_ended();
    } else {
        --turned_away_;
    }
    check_drained();
}

void Loop::drain() {
    asio::post(context_, [this] {
        draining_ = true;
        for (Session* session : sessions_) {
            session->drain();
        }
        check_drained();
    });
}

void Loop::check_drained() {
    if (draining_ && sessions_.empty() && !std::exchange(drained_told_, true)) {
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
        cut_off_sessions();
    }
}

/// Sessions that wait for their socket end at once. Those that wait for the handler are destroyed
/// with the context.
void Loop::cut_off_sessions() {
    context_.restart();
    for (Session* session : sessions_) {
        session->cut_off();
    }
    room.wake_all();
    context_.poll();
}

}  // namespace roger
