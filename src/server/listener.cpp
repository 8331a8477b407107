// The accept loop.
#include "server/listener.hpp"

#include "net/endpoint.hpp"
#include "server/pauses.hpp"

#include <asio/deferred.hpp>
#include <asio/redirect_error.hpp>

#include <utility>

namespace roger {

namespace {

/// Connections accepted before the loop's other work gets its turn.
constexpr int most_accepted_at_once = 64;

}  // namespace

Listener::Listener(Listening listening, Loop& first_loop, Limit& limit, Host host)
    : listening_(std::move(listening)),
      first_loop_(first_loop),
      limit_(limit),
      host_(std::move(host)),
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

/// Until there is a connection to accept and, unless newcomers are refused, a place for it. What
/// there is no place for stays in the listen queue.
Task<void> Listener::until_admissible() {
    asio::error_code ignored;
    co_await listening_.socket.async_wait(Acceptor::wait_read,
                                          asio::redirect_error(asio::deferred, ignored));
    bool const waits = first_loop_.service().options.when_full == WhenFull::wait;
    while (open_ && waits && limit_.full()) {
        co_await limit_.wait();
    }
}

/// Accepts what is there, without waiting. Returns what kept it from accepting more.
asio::error_code Listener::accept_ready() {
    asio::error_code error;
    for (int i = 0; i < most_accepted_at_once && !error && open_; ++i) {
        bool const waits = first_loop_.service().options.when_full == WhenFull::wait;
        if (waits && limit_.full()) {
            break;
        }
        error = accept_one();
        if (error == asio::error::connection_aborted) {
            error.clear();  // that client has given up in the queue; the next has not
        }
    }
    return error;
}

asio::error_code Listener::accept_one() {
    Loop& loop = host_.next_loop();
    asio::error_code error;
    Endpoint peer;
    LoopSocket socket(loop.context());
    listening_.socket.accept(socket, peer, error);
    if (!error) {
        socket.non_blocking(true, error);
    }
    if (error) {
        return error;
    }
    if (limit_.full()) {
        loop.turn_away(std::move(socket), to_peer(peer));
        return {};
    }
    limit_.take_place();
    loop.serve(std::move(socket), to_peer(peer));
    host_.client_accepted();
    return {};
}

Task<void> Listener::pause(asio::error_code why) {
    host_.accepting_paused(why.message());
    asio::error_code ignored;
    pause_.expires_after(pause_time);
    co_await pause_.async_wait(asio::redirect_error(asio::deferred, ignored));
}

void Listener::close() {
    open_ = false;
    asio::error_code ignored;
    listening_.socket.close(ignored);
    listening_.file.reset();
    pause_.cancel();
}

}  // namespace roger
