// The client's work: messages from wherever they come, one after the other, to one server.
#include "client/talk.hpp"

#include "protocol/record.hpp"
#include "roger/conversation.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <utility>

#include <unistd.h>

namespace roger {

namespace {

/// A stranger's words, safe in a sentence on a terminal.
std::string escaped(std::string_view text) {
    std::string safe;
    append_text(safe, text);
    return safe;
}

}  // namespace

Messages messages_of(ClientOptions const& options, Prompt& prompt) {
    if (!options.messages.empty()) {
        return [given = options.messages, next = std::size_t{0}]() mutable {
            return next == given.size() ? std::nullopt : std::optional(given[next++]);
        };
    }
    if (prompt.terminal() && !options.keep) {
        return [&prompt, asked = false]() mutable {
            return std::exchange(asked, true) ? std::nullopt : prompt.next();
        };
    }
    return [&prompt] { return prompt.next(); };
}

asio::awaitable<Receipts> talk(ClientOptions options, Messages next_message, Printer& printer,
                               Complain complain) {
    Receipts receipts;
    Conversation conversation =
        co_await Conversation::open(options.address, options.connect_timeout);
    try {
        while (std::optional<std::string> const message = next_message()) {
            Answer const answer = co_await conversation.say(*message, options.ack_timeout);
            if (answer.acknowledged()) {
                receipts.acknowledged();
                printer.print_line(answer.text);
            } else {
                printer.flush();
                complain(receipts.not_acknowledged(escaped(answer.text)));
            }
        }
    } catch (ConversationError const& lost) {
        printer.flush();
        complain(receipts.not_acknowledged(lost.what()) + "; nothing after it was sent");
    }
    printer.flush();
    co_return receipts;
}

bool run_client(ClientOptions const& options, Complain const& complain) {
    Printer printer(STDOUT_FILENO);
    Prompt prompt(STDIN_FILENO, printer);
    Receipts receipts;
    asio::io_context loop;
    asio::co_spawn(loop, talk(options, messages_of(options, prompt), printer, complain),
                   [&receipts](std::exception_ptr thrown, Receipts const& those) {
                       if (thrown) {
                           std::rethrow_exception(thrown);
                       }
                       receipts = those;
                   });
    loop.run();
    if (std::string const summary = receipts.summary(); !summary.empty()) {
        complain(summary);
    }
    return receipts.complete();
}

}  // namespace roger
