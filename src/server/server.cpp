// Listeners, loops and the limit, put together; how they start, drain and end.
#include "roger/server.hpp"

#include "net/descriptors.hpp"
#include "net/spawn.hpp"
#include "net/thread.hpp"
#include "protocol/quantity.hpp"
#include "server/datagrams.hpp"
#include "server/limit.hpp"
#include "server/listener.hpp"
#include "server/loop.hpp"
#include "server/pauses.hpp"
#include "server/server_context.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/deferred.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace roger {

namespace {

constexpr std::size_t default_limit = 10'000;

/// Descriptors kept free for what is neither a client nor open yet.
constexpr std::size_t spare_descriptors = 16;

std::size_t choose_limit(ServerOptions const& options) {
    OpenFiles const files = raise_open_file_limit();
    std::size_t const taken = files.in_use + spare_descriptors;
    std::size_t const possible = files.most > taken ? files.most - taken : 0;
    if (possible == 0 || options.limit.value_or(0) > possible) {
        throw std::runtime_error(fmt::format(
            "a limit of {} clients needs {} open files, and the system allows {}: raise that "
            "(ulimit -n {}), or choose a limit of at most {}",
            options.limit.value_or(1), options.limit.value_or(1) + taken, files.most,
            options.limit.value_or(1) + taken, possible));
    }
    if (!options.limit && possible < default_limit) {
        options.log(LogLevel::info,
                    fmt::format("serving at most {} clients at once: the limit on open files is {}",
                                possible, files.most));
    }
    return options.limit.value_or(std::min(default_limit, possible));
}

Task<void> run_common(AwaitableHandler const& handler, Batch const& batch) {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    co_await asio::co_spawn(executor, handler(batch), asio::deferred);
}

Handler adapt(AwaitableHandler handler) {
    return
        [handler = std::move(handler)](Batch const& batch) { return run_common(handler, batch); };
}

}  // namespace

/// Its state belongs to the first loop, but for what is atomic or guarded: events of other loops
/// come in by a post.
class Server::Implementation {
public:
    Implementation(ServerOptions options, Handler handler);
    ~Implementation() = default;
    Implementation(Implementation const&) = delete;
    Implementation& operator=(Implementation const&) = delete;

    ServerResult run();
    void stop();
    void end_now() { abandon(ServerResult::End::stopped_now); }

    /// Before the destructor: a coroutine that has not ended may use anything here until it is
    /// destroyed. Returns false if one is left that waits elsewhere.
    bool destroy_coroutines();

    [[nodiscard]] Counters counters() const;
    [[nodiscard]] std::vector<Address> const& addresses() const { return addresses_; }
    [[nodiscard]] std::size_t limit() const { return limit_; }

    Implementation* kept_before_it = nullptr;  ///< by a Server whose handlers wait elsewhere

private:
    Loop& first_loop() { return *loops_.front(); }
    void listen(Address const& address);
    void listen_to_streams(Address const& address);
    void listen_to_datagrams(Address const& address);
    void start_listening();
    std::vector<std::jthread> start_threads();
    void run_loop(Loop& loop);

    void client_accepted();
    void session_ended();
    void datagrams_served();
    void fail(std::string const& what);

    void begin_drain();
    Task<void> bound_drain();
    void tell_drain_ending();
    void end_drain(std::chrono::milliseconds after);
    void part_drained();
    void abandon(ServerResult::End end);
    void drain_listeners();
    void close_listeners();

    // The loops' contexts outlive everything that needs them.
    ServerContext server_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::vector<std::unique_ptr<Datagrams>> datagrams_;
    std::vector<Address> addresses_;
    std::size_t limit_ = 0;
    Limit places_{0};
    std::size_t next_loop_ = 0;
    std::size_t parts_drained_ = 0;  ///< of the loops and the datagram sockets
    bool draining_ = false;
    std::unique_ptr<asio::steady_timer> drain_timer_;
    Pauses accept_pauses_{"cannot accept connections"};
    Pauses receive_pauses_{"cannot receive datagrams"};
    std::atomic<ServerResult::End> end_ = ServerResult::End::drained;
    std::mutex failure_guard_;
    std::string failure_;
};

Server::Implementation::Implementation(ServerOptions options, Handler handler)
    : server_{.options = options,
              .handler = std::move(handler),
              .lines = reply_lines(options),
              .fail = [this](std::string const& what) { fail(what); }} {
    for (std::size_t index = 0; index < std::max<std::size_t>(options.threads, 1); ++index) {
        loops_.push_back(std::make_unique<Loop>(
            index, server_,
            Loop::Events{
                .session_ended =
                    [this] { asio::dispatch(first_loop().context(), [this] { session_ended(); }); },
                .drained =
                    [this] { asio::post(first_loop().context(), [this] { part_drained(); }); },
                .abandoned =
                    [this, index] {
                        if (index == 0) {
                            close_listeners();
                        }
                    },
            }));
    }
    drain_timer_ = std::make_unique<asio::steady_timer>(first_loop().context());
    for (Address const& address : options.addresses) {
        listen(address);
    }
    limit_ = choose_limit(options);
    places_ = Limit(limit_);
}

bool Server::Implementation::destroy_coroutines() {
    places_.destroy_waiters();
    bool all = true;
    for (auto const& loop : loops_) {
        all = loop->destroy_coroutines() && all;
    }
    return all;
}

void Server::Implementation::listen(Address const& address) {
    if (socket_type(address.transport) == SocketType::datagram) {
        listen_to_datagrams(address);
    } else {
        listen_to_streams(address);
    }
}

void Server::Implementation::listen_to_datagrams(Address const& address) {
    for (BoundDatagrams& bound :
         bind_datagrams(first_loop().context(), address, server_.options.log)) {
        addresses_.push_back(bound.address);
        datagrams_.push_back(
            std::make_unique<Datagrams>(std::move(bound), first_loop(), places_,
                                        Datagrams::Callbacks{
                                            .served = [this] { datagrams_served(); },
                                            .receiving_paused =
                                                [this](std::string const& why) {
                                                    receive_pauses_.add(server_.options.log, why);
                                                },
                                        }));
    }
}

void Server::Implementation::listen_to_streams(Address const& address) {
    for (Listening& listening : listen_on(first_loop().context(), address, server_.options.log)) {
        addresses_.push_back(listening.address);
        listeners_.push_back(std::make_unique<Listener>(
            std::move(listening), first_loop(), places_,
            Listener::Callbacks{
                .next_loop = [this]() -> Loop& { return *loops_[next_loop_]; },
                .client_accepted = [this] { client_accepted(); },
                .accepting_paused =
                    [this](std::string const& why) {
                        accept_pauses_.add(server_.options.log, why);
                    },
            }));
    }
}

void Server::Implementation::start_listening() {
    auto const executor = first_loop().context().get_executor();
    for (auto const& listener : listeners_) {
        spawn(executor, listener->run(), [this](std::exception_ptr const& thrown) {
            if (thrown) {
                fail(describe(thrown));
            }
        });
    }
    for (auto const& datagrams : datagrams_) {
        spawn(executor, datagrams->run(), [this](std::exception_ptr const& thrown) {
            if (thrown) {
                fail(describe(thrown));
            }
            part_drained();
        });
    }
}

ServerResult Server::Implementation::run() {
    start_listening();
    {
        std::vector<std::jthread> const threads = start_threads();
        server_.options.on_started(addresses_);
        run_loop(first_loop());
    }
    close_listeners();
    return {.end = end_, .failure = failure_};
}

/// One for each loop but the first.
std::vector<std::jthread> Server::Implementation::start_threads() {
    std::vector<std::jthread> threads;
    try {
        for (std::size_t index = 1; index < loops_.size(); ++index) {
            threads.push_back(start_thread([this, index] { run_loop(*loops_[index]); }));
        }
    } catch (std::exception const& failure) {
        abandon(ServerResult::End::stopped_now);
        throw std::runtime_error(fmt::format("only {} of {} event loops could be started: {}",
                                             threads.size() + 1, loops_.size(), failure.what()));
    }
    return threads;
}

void Server::Implementation::run_loop(Loop& loop) {
    for (;;) {
        try {
            loop.run();
            return;
        } catch (...) {
            fail(describe(std::current_exception()));
        }
    }
}

void Server::Implementation::client_accepted() {
    next_loop_ = (next_loop_ + 1) % loops_.size();
    if (server_.options.once) {
        drain_listeners();
    }
}

void Server::Implementation::session_ended() {
    places_.give_back_places(1);
    if (server_.options.once) {
        begin_drain();
    }
}

void Server::Implementation::datagrams_served() {
    if (server_.options.once) {
        begin_drain();
    }
}

/// The first failure is the result's; what follows from it is told no more.
void Server::Implementation::fail(std::string const& what) {
    {
        std::lock_guard const lock(failure_guard_);
        if (!failure_.empty()) {
            return;
        }
        failure_ = what;
    }
    server_.options.log(LogLevel::error, what);
    stop();
}

void Server::Implementation::stop() {
    asio::post(first_loop().context(), [this] { begin_drain(); });
}

void Server::Implementation::begin_drain() {
    if (std::exchange(draining_, true)) {
        return;
    }
    drain_listeners();
    for (auto const& loop : loops_) {
        loop->drain();
    }
    spawn(first_loop().context().get_executor(), bound_drain(),
          [this](std::exception_ptr const& thrown) {
              if (thrown) {
                  fail(describe(thrown));
              }
          });
}

/// A handler that does not return gets the last tenth of the time to be told so and to answer.
Task<void> Server::Implementation::bound_drain() {
    Timeout const most = server_.options.drain_timeout;
    if (!most) {
        co_return;
    }
    auto const end = std::chrono::steady_clock::now() + *most;
    asio::error_code drained;
    drain_timer_->expires_at(end - *most / 10);
    co_await drain_timer_->async_wait(asio::redirect_error(asio::deferred, drained));
    if (!drained) {
        tell_drain_ending();
        drain_timer_->expires_at(end);
        co_await drain_timer_->async_wait(asio::redirect_error(asio::deferred, drained));
    }
    if (!drained) {
        end_drain(*most);
    }
}

void Server::Implementation::tell_drain_ending() {
    try {
        server_.options.on_drain_ending();
    } catch (...) {
        fail(describe(std::current_exception()));
    }
}

/// Who has only its answers left to take, and does not take them, is no reason for a failure.
void Server::Implementation::end_drain(std::chrono::milliseconds after) {
    Counters const now = counters();
    std::uint64_t const settled = now.displayed + now.refused_display + now.refused_too_long;
    if (now.messages > settled) {
        fail(fmt::format("the drain timeout of {} came with {} messages not displayed",
                         to_string(Timeout(after)), now.messages - settled));
        abandon(ServerResult::End::timed_out);
    } else {
        server_.options.log(
            LogLevel::warning,
            fmt::format("{} clients were cut off: they did not take their answers", now.clients));
        abandon(ServerResult::End::drained);
    }
}

void Server::Implementation::part_drained() {
    if (++parts_drained_ < loops_.size() + datagrams_.size()) {
        return;
    }
    drain_timer_->cancel();
    for (auto const& loop : loops_) {
        loop->finish();
    }
}

void Server::Implementation::abandon(ServerResult::End end) {
    end_ = end;
    for (auto const& loop : loops_) {
        loop->abandon();
    }
}

void Server::Implementation::drain_listeners() {
    for (auto const& listener : listeners_) {
        listener->drain();
    }
    close_listeners();
}

void Server::Implementation::close_listeners() {
    for (auto const& listener : listeners_) {
        listener->close();
    }
    for (auto const& datagrams : datagrams_) {
        datagrams->close();
    }
    places_.notify_all();
}

Counters Server::Implementation::counters() const {
    Counters sum;
    for (auto const& loop : loops_) {
        loop->tally.add_to(sum);
    }
    sum.accept_pauses = accept_pauses_.count();
    sum.receive_pauses = receive_pauses_.count();
    for (auto const& datagrams : datagrams_) {
        sum.dropped += datagrams->dropped();
    }
    return sum;
}

Server::Server(ServerOptions options, Handler handler)
    : implementation_(std::make_unique<Implementation>(std::move(options), std::move(handler))) {}

Server::Server(ServerOptions options, AwaitableHandler handler)
    : Server(std::move(options), adapt(std::move(handler))) {}

Server::~Server() {
    if (!implementation_->destroy_coroutines()) {
        // What a handler waits for may yet come, and find what is here. Where the pointers are kept
        // tells leak checkers that this is meant.
        static std::atomic<Implementation*> last_kept = nullptr;
        Implementation* const kept = implementation_.release();
        kept->kept_before_it = last_kept.exchange(kept);
    }
}

ServerResult Server::run() {
    return implementation_->run();
}
void Server::stop() {
    implementation_->stop();
}
void Server::end_now() {
    implementation_->end_now();
}
Counters Server::counters() const {
    return implementation_->counters();
}
std::vector<Address> const& Server::addresses() const {
    return implementation_->addresses();
}
std::size_t Server::limit() const {
    return implementation_->limit();
}

}  // namespace roger
