// A server's life: listening and serving; how it ends is in server_core_end.cpp.
#include "server/server_core.hpp"

#include "net/last_error.hpp"
#include "net/spawn.hpp"
#include "net/while_alive.hpp"
#include "roger/error.hpp"
#include "server/validate.hpp"

#include <asio/as_tuple.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <exception>
#include <system_error>
#include <utility>

namespace roger {

std::shared_ptr<ServerCore> ServerCore::create(ServerOptions options, Handler handler,
                                               Contexts const& contexts,
                                               std::shared_ptr<void> owner) {
    validate(options, handler);
    if (!owner) {
        validate_contexts(contexts, options);
    }
    auto core =
        std::make_shared<ServerCore>(std::move(options), std::move(handler), std::move(owner));
    core->open(contexts);
    return core;
}

ServerCore::ServerCore(ServerOptions options, Handler handler, std::shared_ptr<void> owner)
    : contexts_owner_(std::move(owner)),
      context_{.options = options,
               .handler = std::move(handler),
               .lines = reply_lines(context_.options, context_.handler),
               .owner = {},
               .fail = [this](Errc code, std::string const& what) { fail(code, what); }} {}

// --- listening ----------------------------------------------------------------------------

/// Binds first, so that these sockets count as open when the limit is chosen.
void ServerCore::open(Contexts const& contexts) {
    context_.owner = weak_from_this();
    try {
        for (asio::io_context& context : contexts) {
            add_loop(context);
        }
    } catch (std::system_error const& error) {
        throw Error(Errc::too_few_descriptors,
                    fmt::format("{}: only {} of {} event loops could be made: {}; raise the limit "
                                "on open files (ulimit -n)",
                                contexts_owner_ ? "threads" : "contexts", loops_.size(),
                                contexts.size(), error.code().message()),
                    standard_error(error.code()));
    }
    asio::io_context& first = first_loop().context();
    drain_timer_.emplace(first);
    end_.emplace(first, asio::steady_timer::time_point::max());
    std::vector<Listening> listening;
    std::vector<BoundDatagrams> datagrams;
    for (Address const& address : context_.options.addresses) {
        bind(address, listening, datagrams);
    }
    admission_.emplace(first, context_.options, weak_from_this());
    for (Listening& one : listening) {
        add_listener(std::move(one));
    }
    for (BoundDatagrams& one : datagrams) {
        add_datagrams(std::move(one));
    }
}

void ServerCore::bind(Address const& address, std::vector<Listening>& listening,
                      std::vector<BoundDatagrams>& datagrams) {
    asio::io_context& context = first_loop().context();
    if (socket_type(address.transport) == SocketType::datagram) {
        for (BoundDatagrams& bound : bind_datagrams(context, address, context_.options.log)) {
            addresses_.push_back(bound.address);
            datagrams.push_back(std::move(bound));
        }
    } else {
        for (Listening& bound : listen_on(context, address, context_.options.log)) {
            addresses_.push_back(bound.address);
            listening.push_back(std::move(bound));
        }
    }
}

void ServerCore::add_loop(asio::io_context& context) {
    loops_.push_back(std::make_unique<Loop>(
        loops_.size(), context, context_,
        Loop::Callbacks{
            .session_ended =
                [this] {
                    if (context_.options.once) {  // else each would wake the first loop for nothing
                        post([](ServerCore& core) { core.begin_drain(); });
                    }
                },
            .drained = [this] { post([](ServerCore& core) { core.part_drained(); }); },
            .finished =
                [this](std::shared_ptr<void> self) {
                    asio::post(first_loop().context(),
                               [this, self = std::move(self)] { loop_finished(); });
                },
            .client_refused =
                [this](std::string const& why) {
                    post([why](ServerCore& core) {
                        core.guarded(
                            [&] { core.accept_pauses_.add(core.context_.options.log, why); });
                    });
                },
        }));
    Loop& loop = *loops_.back();
    hooks_.push_back(std::make_unique<ShutdownHook>(
        context.get_executor(), ShutdownHook::Callbacks{
                                    .before_coroutines = [this, &loop] { destroy_waiters(loop); },
                                    .after_coroutines = [this, &loop] { destroy_io(loop); },
                                }));
}

void ServerCore::destroy_waiters(Loop& loop) {
    auto const until_the_end = weak_from_this().lock();
    loop.destroy_waiters();
    if (&loop == &first_loop()) {
        admission_->destroy_waiters();
        for (auto const& datagrams : datagrams_) {
            datagrams->destroy_waiting();
        }
    }
}

void ServerCore::destroy_io(Loop& loop) {
    loop.destroy_io();
    if (&loop == &first_loop()) {
        listeners_.clear();
        datagrams_.clear();
        drain_timer_.reset();
        end_.reset();
    }
}

void ServerCore::add_listener(Listening listening) {
    listeners_.push_back(std::make_unique<Listener>(
        std::move(listening), first_loop(), *admission_,
        Listener::Callbacks{
            .next_loop = [this]() -> Loop& { return *loops_[next_loop_]; },
            .client_accepted = [this] { client_accepted(); },
            .accepting_paused =
                [this](std::string const& why) { accept_pauses_.add(context_.options.log, why); },
        }));
}

void ServerCore::add_datagrams(BoundDatagrams bound) {
    datagrams_.push_back(std::make_unique<Datagrams>(
        std::move(bound), first_loop(), *admission_,
        Datagrams::Callbacks{
            .served = [this] { served_one(); },
            .receiving_paused =
                [this](std::string const& why) { receive_pauses_.add(context_.options.log, why); },
        }));
}

// --- serving ------------------------------------------------------------------------------

Task<ServerResult> ServerCore::serve() {
    auto const self = shared_from_this();
    co_await asio::this_coro::throw_if_cancelled(false);
    start();
    bool cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    if (cancelled) {
        begin_drain();
    }
    while (!has_ended_) {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        co_await end_->async_wait(asio::as_tuple);
        if (!has_ended_ && !std::exchange(cancelled, true)) {
            begin_drain();
        } else if (!has_ended_) {
            end_now_here(ServerResult::End::ended_now);
        }
    }
    co_return result();
}

ServerResult ServerCore::result() const {
    std::lock_guard const lock(failure_guard_);
    return {.end = how_, .code = failure_code_, .failure = failure_};
}

void ServerCore::start() {
    for (auto const& loop : loops_) {
        loop->start();
    }
    for (auto const& listener : listeners_) {
        spawn_on_first_loop(listener->run(), nullptr);
    }
    for (auto const& datagrams : datagrams_) {
        spawn_on_first_loop(datagrams->run(), &ServerCore::part_drained);
    }
    guarded([this] { context_.options.on_started(addresses_); });
}

/// The coroutine keeps the server alive; its failure is the server's.
void ServerCore::spawn_on_first_loop(Task<void> coroutine, void (ServerCore::*then)()) {
    spawn(first_loop().context().get_executor(), std::move(coroutine),
          [self = shared_from_this(), then](std::exception_ptr const& thrown) {
              if (thrown) {
                  self->fail(Errc::server_failed, describe(thrown));
              }
              if (then != nullptr) {
                  ((*self).*then)();
              }
          });
}

void ServerCore::post(std::function<void(ServerCore&)> action) {
    asio::post(
        first_loop().context(),
        while_alive(weak_from_this(), [this, action = std::move(action)] { action(*this); }));
}

/// What a function of the options throws is a failure of the server's, and does not interrupt the
/// caller.
void ServerCore::guarded(std::function<void()> const& call) {
    try {
        call();
    } catch (...) {
        fail(Errc::server_failed, describe(std::current_exception()));
    }
}

void ServerCore::client_accepted() {
    next_loop_ = (next_loop_ + 1) % loops_.size();
    if (context_.options.once) {
        drain_listeners();
    }
}

void ServerCore::served_one() {
    if (context_.options.once) {
        begin_drain();
    }
}

/// The first failure is the result's; those that follow from it are not logged.
void ServerCore::fail(Errc code, std::string const& what) {
    std::string const sentence = what.empty() ? "a failure without a reason" : what;
    {
        std::lock_guard const lock(failure_guard_);
        if (failure_code_) {
            return;
        }
        failure_code_ = code;
        failure_ = sentence;
    }
    stop();
    try {
        context_.options.log(LogLevel::error, sentence);
    } catch (...) {  // NOLINT(bugprone-empty-catch)
        // Nothing can be told there, and the failure is the result's already.
    }
}

Counters ServerCore::counters() const {
    Counters sum;
    for (auto const& loop : loops_) {
        loop->counters.add_to(sum);
    }
    sum.accept_pauses = accept_pauses_.count();
    sum.receive_pauses = receive_pauses_.count();
    for (auto const& datagrams : datagrams_) {
        sum.dropped += datagrams->dropped();
    }
    return sum;
}

}  // namespace roger
