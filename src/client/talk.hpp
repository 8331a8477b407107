// The client's work: messages from wherever they come, one after the other, to one server.
#pragma once

#include "client/printer.hpp"
#include "client/prompt.hpp"
#include "client/receipts.hpp"
#include "roger/address.hpp"
#include "roger/timeout.hpp"

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// Every default of the client.
struct TalkOptions {
    Address address;
    bool keep = false;                  ///< on a terminal: ask until the end of input, not once
    std::vector<std::string> messages;  ///< to be sent without asking; none: ask for them
    Timeout connect_timeout = std::chrono::seconds(5);
    Timeout ack_timeout = std::chrono::seconds(30);
    std::size_t retries = 0;  ///< datagrams: how often one that is not answered is sent again
};

/// Where messages come from: the next one, or nothing at the end.
using MessageSource = std::function<std::optional<std::string>()>;

/// The messages given; without any, those that are typed or piped in.
MessageSource messages_of(TalkOptions const& options, Prompt& prompt);

/// Tells the user what went wrong.
using PrintError = std::function<void(std::string_view sentence)>;

/// Sends each message and prints its answer, until there are no more or, of a stream, the
/// connection is lost. A refused message is reported, and does not keep the others back;
/// nor does a datagram that is not answered.
asio::awaitable<Receipts> talk(TalkOptions options, MessageSource next_message, Printer& printer,
                               PrintError print_error);

/// talk() between standard input and standard output. Returns whether all was acknowledged.
bool run_client(TalkOptions const& options, PrintError const& print_error);

}  // namespace roger
