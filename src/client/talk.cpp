// The client's work: messages from wherever they come, one after the other, to one server.
#include "client/talk.hpp"

#include "protocol/escaped.hpp"
#include "roger/client.hpp"
#include "roger/datagram_client.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <utility>

#include <unistd.h>

namespace roger {

namespace {

/// What a talk consists of, whatever carries it.
struct Talk {
    TalkOptions options;
    MessageSource next_message;
    Printer& printer;
    PrintError print_error;
    Receipts receipts;

    void take(Answer const& answer) {
        if (answer.acknowledged()) {
            receipts.acknowledged();
            printer.print_line(answer.text);
        } else {
            report_error(escaped(answer.text));
        }
    }

    void report_error(std::string const& why, std::string_view consequence = "") {
        printer.flush();
        print_error(receipts.not_acknowledged(why).append(consequence));
    }
};

asio::awaitable<void> talk_on_stream(Talk& talk) {
    TalkOptions const& options = talk.options;
    Client client = co_await Client::open(options.address, options.connect_timeout);
    try {
        while (std::optional<std::string> const message = talk.next_message()) {
            Answer const answer = co_await client.send(*message, options.ack_timeout);
            talk.take(answer);
        }
    } catch (ClientError const& lost) {
        talk.report_error(lost.what(), "; nothing after it was sent");
    }
}

asio::awaitable<void> talk_by_datagrams(Talk& talk) {
    TalkOptions const& options = talk.options;
    DatagramClient client = co_await DatagramClient::open(options.address, options.connect_timeout);
    while (std::optional<std::string> const message = talk.next_message()) {
        try {
            Answer const answer =
                co_await client.send(*message, options.ack_timeout, options.retries);
            talk.take(answer);
        } catch (ClientError const& unanswered) {
            talk.report_error(unanswered.what());
        }
    }
}

}  // namespace

MessageSource messages_of(TalkOptions const& options, Prompt& prompt) {
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

asio::awaitable<Receipts> talk(TalkOptions options, MessageSource next_message, Printer& printer,
                               PrintError print_error) {
    Talk talk{.options = std::move(options),
              .next_message = std::move(next_message),
              .printer = printer,
              .print_error = std::move(print_error),
              .receipts = {}};
    if (socket_type(talk.options.address.transport) == SocketType::datagram) {
        co_await talk_by_datagrams(talk);
    } else {
        co_await talk_on_stream(talk);
    }
    printer.flush();
    co_return talk.receipts;
}

bool run_client(TalkOptions const& options, PrintError const& print_error) {
    Printer printer(STDOUT_FILENO);
    Prompt prompt(STDIN_FILENO, printer);
    Receipts receipts;
    asio::io_context loop;
    asio::co_spawn(loop, talk(options, messages_of(options, prompt), printer, print_error),
                   [&receipts](std::exception_ptr thrown, Receipts const& those) {
                       if (thrown) {
                           std::rethrow_exception(thrown);
                       }
                       receipts = those;
                   });
    loop.run();
    if (std::string const summary = receipts.summary(); !summary.empty()) {
        print_error(summary);
    }
    return receipts.complete();
}

}  // namespace roger
