// The accept loop.
#include "server/listener.hpp"

#include "net/accept.hpp"
#include "net/endpoint.hpp"
#include "server/pauses.hpp"
#include "server/session.hpp"

#include <asio/as_tuple.hpp>

#include <utility>

namespace roger {

namespace {

/// Connections accepted before the loop's other work gets its turn.
constexpr int most_accepted_at_once = 64;

}  // namespace

Listener::Listener(Listening listening, Loop& first_loop, Admission& admission, Callbacks callbacks)
    : listening_(std::move(listening)),
      first_loop_(first_loop),
      admission_(admission),
      callbacks_(std::move(callbacks)),
      pause_(first_loop.context()) {}

Task<void> Listener::run() {
    while (open_) {
        co_await until_admissible();
        asio::error_code const error = accept_ready();
        if (error && error != asio::error::would_block && open_) {
            co_await pause(error);
        }
    }
}

void Listener::drain() {
    asio::error_code error;
    for (int i = 0; i < Admission::most_refused_at_shutdown && open_; ++i) {
        if (std::optional<Newcomer> newcomer = accept_one(error)) {
            first_loop_.turn_away(std::move(newcomer->socket), std::move(newcomer->peer),
                                  CloseReason::shutdown, admission_.permit_to_linger());
        } else if (!is_of_one_connection(error)) {
            break;
        }
    }
    close();
}

/// Waits for a connection to accept and, unless newcomers are refused, for a permit. Connections
/// without a permit stay in the listen queue.
Task<void> Listener::until_admissible() {
    co_await listening_.socket.async_wait(Acceptor::wait_read, asio::as_tuple);
    while (open_ && admission_.must_wait()) {
        co_await admission_.wait();
    }
}

/// Accepts what is there, without waiting. Returns what kept it from accepting more: an error that
/// concerns one connection only if it met nothing else.
asio::error_code Listener::accept_ready() {
    asio::error_code error;
    bool accepted = false;
    for (int i = 0; i < most_accepted_at_once && open_ && !admission_.must_wait(); ++i) {
        Permit permit = admission_.admit();
        // Refusals are sent from this loop, at once.
        Loop& loop = permit ? callbacks_.next_loop() : first_loop_;
        std::optional<Newcomer> newcomer = accept_one(error);
        if (!newcomer && is_of_one_connection(error)) {
            continue;
        }
        if (!newcomer) {
            break;
        }
        admit(std::move(*newcomer), loop, std::move(permit));
        accepted = true;
    }
    return accepted && is_of_one_connection(error) ? asio::error_code() : error;
}

std::optional<Listener::Newcomer> Listener::accept_one(asio::error_code& error) {
    Endpoint peer;
    Descriptor socket = take_connection(listening_.socket.native_handle(), peer, error);
    return socket ? std::optional(Newcomer{std::move(socket), to_peer_address(peer)})
                  : std::nullopt;
}

void Listener::admit(Newcomer newcomer, Loop& loop, Permit permit) {
    if (!permit) {
        loop.turn_away(std::move(newcomer.socket), std::move(newcomer.peer),
                       Admission::reason_at_limit, admission_.permit_to_linger());
        return;
    }
    loop.serve(std::move(newcomer.socket), std::move(newcomer.peer), std::move(permit));
    callbacks_.client_accepted();
}

Task<void> Listener::pause(asio::error_code why) {
    callbacks_.accepting_paused(why.message());
    pause_.expires_after(pause_time);
    co_await pause_.async_wait(asio::as_tuple);
}

void Listener::close() {
    open_ = false;
    asio::error_code ignored;
    listening_.socket.close(ignored);
    listening_.file.reset();
    pause_.cancel();
}

}  // namespace roger
