// Several send()s under way at once, and what became of each.
#pragma once

#include "net/stage.hpp"
#include "roger/client.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/system_error.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <initializer_list>
#include <string>
#include <system_error>
#include <utility>

namespace roger::test {

/// What became of a message.
struct Outcome {
    std::string message;
    std::string text = {};  ///< the answer's, or the failure's sentence; `cancelled`
    std::error_code code = {};
    std::error_code cause = {};
    bool sent = false;  ///< with a failure
    bool done = false;

    [[nodiscard]] bool answered() const { return done && !code && text != "cancelled"; }
};

class Sends {
public:
    explicit Sends(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// They begin at once, as if each were awaited by a coroutine of its own.
    void start(Client& client, std::string message, Timeout ack_timeout = patient) {
        Outcome& outcome = outcomes_.emplace_back(Outcome{.message = std::move(message)});
        auto done = [this, &outcome](std::exception_ptr const& thrown, Answer const& answer) {
            outcome.text = answer.text;
            note(outcome, thrown);
        };
        asio::co_spawn(
            executor_, client.send(outcome.message, ack_timeout),
            asio::bind_cancellation_slot(cancellations_.emplace_back().slot(), std::move(done)));
    }

    void start_all(Client& client, std::initializer_list<char const*> messages) {
        for (char const* const message : messages) {
            start(client, message);
        }
    }

    void cancel(std::size_t number) {
        cancellations_[number].emit(asio::cancellation_type::terminal);
    }

    asio::awaitable<void> all_done() {
        auto const is_done = [this] { return done_ == outcomes_.size(); };
        co_await until(is_done);
    }

    [[nodiscard]] Outcome const& operator[](std::size_t number) const { return outcomes_[number]; }
    [[nodiscard]] std::size_t done() const { return done_; }

private:
    void note(Outcome& outcome, std::exception_ptr const& thrown) {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        } catch (ClientError const& error) {
            outcome.text = error.what();
            outcome.code = error.code();
            outcome.cause = error.cause();
            outcome.sent = error.sent();
        } catch (asio::system_error const& error) {
            outcome.text =
                error.code() == asio::error::operation_aborted ? "cancelled" : error.what();
        }
        outcome.done = true;
        ++done_;
    }

    asio::any_io_executor executor_;
    std::deque<Outcome> outcomes_;
    std::deque<asio::cancellation_signal> cancellations_;
    std::size_t done_ = 0;
};

}  // namespace roger::test
