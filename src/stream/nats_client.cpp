// How one of the NATS servers is found, and found again.
#include "stream/nats_client.hpp"

#include "net/signal_mask.hpp"
#include "net/thread.hpp"
#include "stream/attempt_pace.hpp"
#include "stream/stall_detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace roger {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// A server that has not answered by then is passed over.
constexpr milliseconds attempt_timeout{3000};
/// Between two rounds of attempts: doubled each time, until a connection has lasted.
constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{1000};
constexpr std::chrono::seconds lasting{5};
/// A server through which nothing can be stored for so long is left for another. A leader is
/// elected in less.
constexpr std::chrono::seconds longest_stall{10};

/// In random order: not all clients to the first.
std::vector<std::string> shuffled(std::vector<std::string> hosts) {
    std::ranges::shuffle(hosts, std::random_device());
    return hosts;
}

}  // namespace

/// Shared with the library's callbacks and with attempts that nobody waits for any more.
struct NatsClient::State {
    std::mutex guard;
    std::condition_variable changed;
    std::shared_ptr<NatsConnection> connection;
    std::size_t max_payload = 0;  ///< of the last connection
    std::string reason;           ///< why there is no connection
    StallDetector stall{longest_stall};
    bool has_other_host = false;  ///< than the connection's, when that was made
    std::string left_because;     ///< why its connection was closed; empty: it was lost
    bool closing = false;

    [[nodiscard]] bool is_connected() const { return connection && !connection->is_closed(); }
};

/// What a thread of its own comes to, of which nobody knows when. Guarded by the state's mutex.
struct NatsClient::Attempt {
    std::shared_ptr<NatsConnection> connection;
    std::string failure;
    bool is_done = false;
    Clock::time_point start = Clock::now();
    std::thread thread;  ///< the client's, as what follows: not guarded

    /// When it is done: what the library keeps for its thread is gone after that.
    void end() {
        if (thread.joinable()) {
            thread.join();
        }
    }
};

NatsClient::NatsClient(Unconnected /*tag*/, StreamOptions options, Log log)
    : options_(std::move(options)),
      url_(to_string(options_.address)),
      log_(std::move(log)),
      hosts_(shuffled(options_.address.hosts)),
      pause_(milliseconds(0)),
      state_(std::make_shared<State>()) {}

// Where it throws, what it was delegated to is complete, and is destroyed in order.
NatsClient::NatsClient(StreamOptions options, Log log)
    : NatsClient(Unconnected(), std::move(options), std::move(log)) {
    connect_to_any();
    if (!state_->connection) {
        throw std::runtime_error(fmt::format("cannot connect to {}: {}", url_, state_->reason));
    }
    SignalsBlocked const in_the_thread;
    keeper_ = start_thread([this] { keep_connected(); });
}

NatsClient::~NatsClient() {
    close();
    if (keeper_.joinable()) {
        keeper_.join();
    }
    std::shared_ptr<NatsConnection> last;
    {
        std::lock_guard const lock(state_->guard);
        last = std::move(state_->connection);
    }
    last.reset();
    forget_done_attempts();
    // The library does not end while it connects.
    if (!attempts_.empty() || nats_CloseAndWait(attempt_timeout.count()) != NATS_OK) {
        leave_threads();
    }
}

std::shared_ptr<NatsConnection> NatsClient::connection(milliseconds most) {
    std::unique_lock lock(state_->guard);
    state_->changed.wait_for(lock, most,
                             [this] { return state_->closing || state_->is_connected(); });
    if (state_->closing || !state_->is_connected()) {
        throw NatsUnavailable(fmt::format("no connection to {}: {}", url_, state_->reason));
    }
    return state_->connection;
}

std::size_t NatsClient::max_payload() const {
    std::lock_guard const lock(state_->guard);
    return state_->max_payload;
}

void NatsClient::close() {
    std::shared_ptr<NatsConnection> last;
    {
        std::lock_guard const lock(state_->guard);
        state_->closing = true;
        state_->reason = "it was closed";
        last = state_->connection;
    }
    state_->changed.notify_all();
    if (last) {
        last->close();
    }
}

void NatsClient::answered(std::shared_ptr<NatsConnection> const& connection) {
    std::lock_guard const lock(state_->guard);
    if (state_->connection == connection) {
        state_->stall.answered();
    }
}

void NatsClient::not_answered(std::shared_ptr<NatsConnection> const& connection,
                              natsStatus status) {
    bool const tells_of_others = learns_hosts() && !connection->other_servers().empty();
    std::lock_guard const lock(state_->guard);
    if (state_->connection != connection || connection->is_closed()) {
        return;
    }
    bool const stalled =
        state_->stall.failed(Clock::now()) && (state_->has_other_host || tells_of_others);
    if (stalled) {
        state_->left_because =
            fmt::format("it answers, but JetStream has been unavailable through it for {} s",
                        longest_stall.count());
    }
    // The library tells of a connection that is closed by a callback, which it may be too short of
    // memory to make.
    if (stalled || status == NATS_CONNECTION_CLOSED) {
        connection->mark_closed();
        state_->changed.notify_all();
    }
}

void NatsClient::connect_to_any() {
    for (std::string const& host : hosts_.next_first()) {
        if (auto connection = try_host(host)) {
            use(host, std::move(connection));
            return;
        }
    }
}

/// Hosts that earlier connections told of may have gone. Over TLS none are learned: they may be
/// named by numbers, for which their certificates do not hold.
void NatsClient::use(std::string const& host, std::shared_ptr<NatsConnection> connection) {
    hosts_.connected_to(host);
    forget_done_attempts();
    if (learns_hosts()) {
        hosts_.relearn(connection->other_servers());
    }
    std::lock_guard const lock(state_->guard);
    state_->max_payload = connection->max_payload();
    state_->stall.answered();
    state_->has_other_host = hosts_.has_other_than(host);
    state_->connection = std::move(connection);
    state_->changed.notify_all();
}

/// The library has no deadline that works for a server that accepts and then says nothing. So each
/// attempt has a thread that nobody has to wait for.
std::shared_ptr<NatsClient::Attempt> NatsClient::start_attempt(std::string const& host) const {
    auto attempt = std::make_shared<Attempt>();
    auto work = [options = options_, host, state = state_, attempt] {
        auto const wake = [waiting = std::weak_ptr(state)] {
            if (auto const waits = waiting.lock()) {
                std::lock_guard const lock(waits->guard);
                waits->changed.notify_all();
            }
        };
        std::shared_ptr<NatsConnection> connection;
        std::string failure;
        try {
            connection = std::make_shared<NatsConnection>(options, host, wake);
        } catch (std::exception const& error) {
            failure = error.what();
        }
        std::lock_guard const lock(state->guard);
        attempt->connection = std::move(connection);
        attempt->failure = std::move(failure);
        attempt->is_done = true;
        state->changed.notify_all();
    };
    try {
        SignalsBlocked const in_the_thread;
        attempt->thread = std::thread(std::move(work));
    } catch (std::system_error const& error) {
        attempt->failure = no_thread(error).what();
        attempt->is_done = true;
    }
    return attempt;
}

/// An attempt that goes on is not waited for again: it may be done in the next round.
std::shared_ptr<NatsConnection> NatsClient::try_host(std::string const& host) {
    Attempts& attempts = attempts_[host];
    milliseconds most(0);
    if (attempts.empty() ||
        AttemptPace::allows_another(attempts.size(), Clock::now() - attempts.back()->start)) {
        most = attempts.empty() ? attempt_timeout : milliseconds(0);
        attempts.push_back(start_attempt(host));
    }
    std::shared_ptr<Attempt> const done = take_done(attempts, most);
    if (done && done->connection && !done->connection->is_closed()) {
        return done->connection;
    }
    std::lock_guard const lock(state_->guard);
    state_->reason =
        !done ? fmt::format("{} does not answer", host)
              : fmt::format("{}: {}", host, done->connection ? "it hung up" : done->failure);
    return nullptr;
}

/// Null: none was done in that time.
std::shared_ptr<NatsClient::Attempt> NatsClient::take_done(Attempts& attempts, milliseconds most) {
    std::unique_lock lock(state_->guard);
    auto const find_done = [&] { return std::ranges::find_if(attempts, &Attempt::is_done); };
    state_->changed.wait_for(lock, most,
                             [&] { return state_->closing || find_done() != attempts.end(); });
    auto const found = find_done();
    if (found == attempts.end()) {
        return nullptr;
    }
    std::shared_ptr<Attempt> done = std::move(*found);
    attempts.erase(found);
    lock.unlock();
    done->end();
    return done;
}

/// Those that came too late. Nothing is kept of a host for which no attempt goes on.
void NatsClient::forget_done_attempts() {
    Attempts done;
    {
        std::lock_guard const lock(state_->guard);
        for (auto& [host, attempts] : attempts_) {
            for (std::shared_ptr<Attempt>& attempt : attempts) {
                if (attempt->is_done) {
                    done.push_back(std::move(attempt));
                }
            }
            std::erase(attempts, nullptr);
        }
        std::erase_if(attempts_, [](auto const& of_host) { return of_host.second.empty(); });
    }
    for (std::shared_ptr<Attempt> const& attempt : done) {
        attempt->end();
    }
}

/// They may be inside OpenSSL for as long as a server says nothing, and exit(3) would take that
/// down under them: the program ends without.
void NatsClient::leave_threads() {
    for (auto& [host, attempts] : attempts_) {
        for (std::shared_ptr<Attempt> const& attempt : attempts) {
            attempt->thread.detach();
        }
    }
    ::on_exit([](int status, void* /*argument*/) { std::_Exit(status); }, nullptr);
}

bool NatsClient::has_done_attempt() const {
    return std::ranges::any_of(attempts_, [](auto const& of_host) {
        return std::ranges::any_of(of_host.second, &Attempt::is_done);
    });
}

void NatsClient::keep_connected() {
    auto connected = Clock::now();
    std::unique_lock lock(state_->guard);
    for (;;) {
        state_->changed.wait(lock, [this] {
            return state_->closing || !state_->is_connected() || has_done_attempt();
        });
        if (state_->closing) {
            return;
        }
        if (state_->is_connected()) {
            lock.unlock();
            forget_done_attempts();
            lock.lock();
            continue;
        }
        auto lost = std::exchange(state_->connection, nullptr);
        std::string const left_because = std::exchange(state_->left_because, "");
        std::string const reason = state_->reason =
            left_because.empty() ? lost->why_closed() : left_because;
        lock.unlock();
        if (learns_hosts()) {
            hosts_.learn(lost->other_servers());
        }
        log_(LogLevel::warning,
             left_because.empty()
                 ? fmt::format("lost the connection to NATS server {}: {}", lost->host(), reason)
                 : fmt::format("leaving NATS server {}: {}", lost->host(), reason));
        lost->close();  // whoever waits for its answers goes on
        lost.reset();
        if (Clock::now() - connected >= lasting) {
            pause_ = milliseconds(0);
        }
        if (auto const again = connect_again()) {
            log_(LogLevel::info, fmt::format("connected again, to NATS server {}", again->host()));
        }
        connected = Clock::now();
        lock.lock();
    }
}

/// Null: it is no longer wanted.
std::shared_ptr<NatsConnection> NatsClient::connect_again() {
    std::unique_lock lock(state_->guard);
    for (;;) {
        state_->changed.wait_for(lock, pause_, [this] { return state_->closing; });
        if (state_->closing) {
            return nullptr;
        }
        pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
        lock.unlock();
        connect_to_any();
        lock.lock();
        if (state_->connection) {
            return state_->connection;
        }
    }
}

}  // namespace roger
