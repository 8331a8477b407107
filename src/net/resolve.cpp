// Names to endpoints, without waiting for a resolver longer than one wants to.
#include "net/resolve.hpp"

#include "net/cancelled.hpp"
#include "net/descriptor.hpp"
#include "net/last_error.hpp"
#include "net/signal_mask.hpp"
#include "roger/error.hpp"

#include <asio/as_tuple.hpp>
#include <asio/cancel_at.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <array>
#include <future>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

namespace roger {

namespace {

struct Pipe {
    Descriptor reading;
    Descriptor writing;
};

/// There is no pipe or no thread for it. A number needs neither.
Error cannot_ask(std::error_code reason, std::string_view limit) {
    return {Errc::cannot_resolve,
            fmt::format("the resolver cannot be asked: {}; raise the limit on {}, or give the "
                        "host's number instead of its name",
                        reason.message(), limit),
            reason};
}

Pipe make_pipe() {
    std::array<int, 2> ends = {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw cannot_ask(last_error(), "open files (ulimit -n)");
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// A running getaddrinfo cannot be cancelled, and Asio's own resolver waits for it when its context
/// is destroyed. So a thread is asked that nobody has to wait for: it touches nothing of Asio's,
/// and signals that it has an answer by closing its end of a pipe.
struct Question {
    std::future<LookUp> answer;
    Descriptor answered;  ///< can be read, to its end, when the answer is there
};

Question ask(Resolver resolver, std::string host, std::uint16_t port) {
    Pipe pipe = make_pipe();
    std::packaged_task<LookUp()> task([resolver = std::move(resolver), host = std::move(host),
                                       port] { return resolver(host, port); });
    std::future<LookUp> answer = task.get_future();
    try {
        SignalsBlocked const in_the_thread;
        std::thread([task = std::move(task), end = std::move(pipe.writing)]() mutable {
            task();
        }).detach();
    } catch (std::system_error const& error) {
        throw cannot_ask(error.code(), "processes (ulimit -u)");
    }
    return {std::move(answer), std::move(pipe.reading)};
}

}  // namespace

LookUp look_up_name(std::string const& host, std::uint16_t port) {
    return look_up(host, port, AI_NUMERICSERV);
}

asio::awaitable<LookUp> resolve(Address address, Clock::time_point deadline, Resolver resolver) {
    if (is_unix(address.transport)) {
        co_return LookUp{{to_endpoint_of_path(address.path)}, {}};
    }
    LookUp number = look_up(address.host, address.port, AI_NUMERICHOST | AI_NUMERICSERV);
    if (number.failure.empty()) {
        co_return number;
    }
    std::optional<Question> question;
    try {
        question.emplace(ask(std::move(resolver), address.host, address.port));
    } catch (Error const& failure) {
        co_return LookUp{{}, failure.what(), failure.cause()};
    }
    asio::posix::stream_descriptor answered(co_await asio::this_coro::executor,
                                            question->answered.release());
    auto const [error] = co_await answered.async_wait(asio::posix::descriptor_base::wait_read,
                                                      asio::cancel_at(deadline, asio::as_tuple));
    if (error) {
        co_await throw_if_cancelled();
        co_return LookUp{{}, "no answer from the resolver"};
    }
    co_return question->answer.get();
}

}  // namespace roger
