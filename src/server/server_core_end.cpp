// How a server ends: it drains, within a deadline, or is ended at once.
#include "protocol/quantity.hpp"
#include "roger/error.hpp"
#include "server/server_core.hpp"

#include <asio/as_tuple.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace roger {

void ServerCore::stop() {
    post([](ServerCore& core) { core.begin_drain(); });
}

void ServerCore::end_now() {
    post([](ServerCore& core) { core.end_now_here(ServerResult::End::ended_now); });
}

void ServerCore::begin_drain() {
    if (draining_) {
        return;
    }
    note_drain();
    drain_listeners();
    for (auto const& loop : loops_) {
        loop->drain();
    }
    spawn_on_first_loop(bound_drain(), nullptr);
}

/// A handler that does not return is notified in the last tenth of the time, so that it can still
/// answer. It has that tenth, or what is left of it, where the loop itself is late.
Task<void> ServerCore::bound_drain() {
    Timeout const most = context_.options.drain_timeout;
    if (!most || has_ended_) {
        co_return;
    }
    auto const end = std::chrono::steady_clock::now() + *most;
    auto const tenth = *most / 10;
    drain_timer_->expires_at(end - tenth);
    auto const [drained] = co_await drain_timer_->async_wait(asio::as_tuple);
    if (drained) {
        co_return;
    }
    guarded(context_.options.on_drain_ending);
    drain_timer_->expires_at(
        std::clamp(std::chrono::steady_clock::now() + tenth, end, end + tenth));
    auto const [drained_late] = co_await drain_timer_->async_wait(asio::as_tuple);
    if (!drained_late) {
        end_drain(*most);
    }
}

/// Clients that have only to take their answers, or to close their connections, make it no failure.
void ServerCore::end_drain(std::chrono::milliseconds after) {
    Counters const now = counters();
    std::uint64_t const settled =
        now.displayed + now.handler_failed + now.handler_refused + now.refused_too_long;
    if (now.messages > settled) {
        fail(Errc::messages_not_written,
             fmt::format("the drain timeout of {} came before all messages were written; not "
                         "written: {}",
                         to_string(Timeout(after)), now.messages - settled));
        end_now_here(ServerResult::End::timed_out);
    } else {
        guarded([&] { tell_cut_off(after, now.clients); });
        end_now_here(ServerResult::End::drained);
    }
}

/// `clients` are those that are still connected.
void ServerCore::tell_cut_off(std::chrono::milliseconds after, std::uint64_t clients) {
    std::uint64_t owing = 0;
    for (auto const& loop : loops_) {
        owing += loop->unsent_answers.get();
    }
    auto const tell = [&](LogLevel level, std::string_view who, std::uint64_t number) {
        if (number != 0) {
            context_.options.log(level,
                                 fmt::format("the drain timeout of {} came: clients that {} were "
                                             "cut off: {}",
                                             to_string(Timeout(after)), who, number));
        }
    };
    tell(LogLevel::warning, "had not taken their answers", owing);
    tell(LogLevel::info, "had taken their answers and had not closed their connections",
         clients - std::min(owing, clients));
}

void ServerCore::part_drained() {
    if (++parts_drained_ == loops_.size() + datagrams_.size() && !ending_now_) {
        drain_timer_->cancel();
        for (auto const& loop : loops_) {
            loop->finish();
        }
    }
}

/// Messages refused from now on are a failure; with `once`, all that are refused.
void ServerCore::note_drain() {
    if (!std::exchange(draining_, true) && !context_.options.once) {
        refused_before_drain_ = counters().handler_failed;
    }
}

/// Cuts off the clients that are being served.
void ServerCore::end_now_here(ServerResult::End end) {
    if (has_ended_ || std::exchange(ending_now_, true)) {
        return;
    }
    how_ = end;
    note_drain();
    close_listeners();
    for (auto const& datagrams : datagrams_) {
        guarded([&datagrams] { datagrams->end_now(); });
    }
    for (auto const& loop : loops_) {
        loop->end_now();
    }
}

void ServerCore::loop_finished() {
    if (++loops_finished_ == loops_.size()) {
        ended();
    }
}

void ServerCore::ended() {
    fail_for_unwritten();
    has_ended_ = true;
    drain_timer_->cancel();
    end_->cancel();
}

/// Messages that an output refuses while the server goes on are no failure. Those refused in a
/// drain are: whoever stopped the server relies on the last messages having been written.
void ServerCore::fail_for_unwritten() {
    std::uint64_t const refused = counters().handler_failed - refused_before_drain_;
    if (draining_ && refused != 0) {
        fail(Errc::messages_not_written,
             fmt::format("messages that could not be written: {}", refused));
    }
}

/// Those that wait in the listen queue are refused.
void ServerCore::drain_listeners() {
    for (auto const& listener : listeners_) {
        listener->drain();
    }
    close_listeners();
}

void ServerCore::close_listeners() {
    for (auto const& listener : listeners_) {
        listener->close();
    }
    for (auto const& datagrams : datagrams_) {
        datagrams->close();
    }
    admission_->notify_all();
}

}  // namespace roger
