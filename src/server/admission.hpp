// Who is served, who waits and who is refused, over all addresses and loops: the policy, which
// listeners and datagram sockets ask. How a refusal is carried out is in Loop::turn_away() and
// Session::refuse(); which loop serves a new connection is for ServerCore to decide.
#pragma once

#include "net/async_condition.hpp"
#include "roger/server.hpp"
#include "server/close_reason.hpp"

#include <asio/io_context.hpp>
#include <asio/socket_base.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace roger {

class Admission;

/// The right to be served, or to linger until a refusal has been read. Returns itself when it is
/// destroyed, on whatever thread.
class Permit {
public:
    Permit() = default;
    Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
        std::swap(from_, other.from_);
        return *this;
    }
    Permit(Permit const&) = delete;
    Permit& operator=(Permit const&) = delete;
    ~Permit();

    /// Whether it was granted.
    explicit operator bool() const { return from_ != nullptr; }

private:
    friend class Admission;

    /// How many more there may be.
    struct Quota {
        Admission* admission;
        std::atomic<std::size_t> free;
    };

    explicit Permit(Quota& quota) : from_(&quota) {}

    Quota* from_ = nullptr;
};

/// Lives on the first loop, where connections are accepted and datagrams received.
class Admission {
public:
    /// At shutdown, so many connections of a listen queue are refused: as many as it holds, so that
    /// clients that go on connecting do not keep the server from ending.
    static constexpr int most_refused_at_shutdown = asio::socket_base::max_listen_connections;

    /// The same for a datagram socket, in batches: a flood must not keep the server from ending.
    static constexpr std::size_t most_refused_batches_at_shutdown = 256;

    /// `server` is what this is a part of. Throws Error if the limit on open files does not allow
    /// as many clients as the options demand.
    Admission(asio::io_context& context, ServerOptions const& options, std::weak_ptr<void> server);
    Admission(Admission const&) = delete;
    Admission& operator=(Admission const&) = delete;
    ~Admission() = default;

    /// The number of clients served at once.
    [[nodiscard]] std::size_t limit() const { return limit_; }

    /// Newcomers are to be left in the queue of their socket for now.
    [[nodiscard]] bool must_wait() const { return waits_ && clients_.free == 0; }

    /// How many of `wanted` may be taken from a queue now.
    [[nodiscard]] std::size_t admissible(std::size_t wanted) const {
        return waits_ ? std::min(wanted, clients_.free.load()) : wanted;
    }

    /// Until there may be a permit again, or nobody will be accepted any more.
    ///
    ///     while (admission.must_wait()) co_await admission.wait();
    auto wait() {
        awaited_ = true;
        if (!must_wait()) {  // a permit was given back before `awaited_` was set
            notify_later();
        }
        return condition_.wait();
    }
    void notify_all() { condition_.notify_all(); }
    void destroy_waiters() { condition_.destroy_all(); }

    /// What a newcomer without a permit is told. (Datagrams have no other reason to be refused.)
    static constexpr CloseReason reason_at_limit = CloseReason::busy;

    /// What a newcomer is told when the system lacks the memory to watch its connection: that the
    /// server is full, as at the limit, unless it is being turned away already, for `reason`.
    [[nodiscard]] static constexpr CloseReason reason_without_memory(CloseReason reason) {
        return reason == CloseReason::none ? reason_at_limit : reason;
    }

    /// For a newcomer. Not granted: it is to be refused, for reason_at_limit.
    [[nodiscard]] Permit admit() { return take(clients_); }

    /// For one that is not served: to wait until it has read why. Not granted: it is refused and
    /// closed at once.
    [[nodiscard]] Permit permit_to_linger() { return take(refused_); }

private:
    friend class Permit;

    /// Only on the first loop; permits return themselves on any.
    static Permit take(Permit::Quota& quota) {
        if (quota.free == 0) {
            return {};
        }
        --quota.free;
        return Permit(quota);
    }
    void notify_later();

    asio::io_context& context_;
    std::weak_ptr<void> server_;
    std::size_t limit_;
    bool waits_;
    Permit::Quota clients_;
    Permit::Quota refused_;
    std::atomic<bool> awaited_ = false;
    AsyncCondition condition_;
};

}  // namespace roger
