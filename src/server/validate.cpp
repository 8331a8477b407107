// Options that cannot be.
#include "server/validate.hpp"

#include "net/datagram_size.hpp"
#include "net/require_option.hpp"
#include "protocol/answers.hpp"
#include "protocol/quantity.hpp"
#include "roger/line_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

namespace roger {

namespace {

bool is_datagram(Address const& address) {
    return socket_type(address.transport) == SocketType::datagram;
}

/// Descriptors are numbered by an int.
constexpr std::size_t most_clients = std::numeric_limits<int>::max();

void require_none(std::string_view name, std::string const& fault) {
    require_option(fault.empty(), fmt::format("{}: {}", name, fault));
}

}  // namespace

std::string fault_of_ack(std::string_view ack, std::vector<Address> const& addresses) {
    if (ack.find('\n') != ack.npos) {
        return "a newline ends an answer, so the text cannot hold one";
    }
    if (is_refusal(ack)) {
        return "a text that begins with 'error: ' would say that the message was refused";
    }
    if (ack.ends_with('\r')) {
        return "a carriage return at the end would be taken for a part of the line ending";
    }
    if (ack.size() >= longest_answer) {
        return fmt::format(
            "with its newline it has {} bytes, and an answer has at most {}: shorten it",
            ack.size() + 1, longest_answer);
    }
    if (ack.size() >= largest_udp_payload && std::ranges::any_of(addresses, is_datagram)) {
        return fmt::format(
            "with its newline it has {} bytes, and the answer to a datagram has at most {}: "
            "shorten it, or leave out the udp: and unixgram: addresses",
            ack.size() + 1, largest_udp_payload);
    }
    return {};
}

std::string fault_of_max_message(std::size_t bytes) {
    if (bytes == 0) {
        return "0 bytes allow no message; at least 1";
    }
    if (bytes > LineDecoder::message_limit) {
        return fmt::format("{} is too much; at most {}", size_to_string(bytes),
                           size_to_string(LineDecoder::message_limit));
    }
    return {};
}

std::size_t valid_threads(ServerOptions const& options) {
    require_option(options.threads > 0, "threads: 0 event loops are none; at least 1");
    require_option(options.threads <= most_threads,
                   fmt::format("threads: {} event loops are too many; at most {}", options.threads,
                               most_threads));
    return options.threads;
}

void validate_contexts(std::vector<std::reference_wrapper<asio::io_context>> const& contexts,
                       ServerOptions const& options) {
    require_option(!contexts.empty(), "contexts: there is no io_context to serve on; at least one");
    std::set<asio::io_context const*> different;
    for (asio::io_context const& context : contexts) {
        require_option(different.insert(&context).second,
                       "contexts: one io_context is there twice; each is one event loop");
    }
    require_option(options.threads == 1,
                   "threads: each io_context that the server was given is one event loop; leave it "
                   "at 1");
}

void validate(ServerOptions const& options, Handler const& handler) {
    require_option(static_cast<bool>(handler),
                   "handler: it is empty, so that nothing would take messages; give one");
    require_option(!options.addresses.empty(),
                   "addresses: there is none to listen on; at least one");
    require_option(options.limit.value_or(1) > 0, "limit: 0 clients are none; at least 1");
    require_option(
        options.limit.value_or(1) <= most_clients,
        fmt::format("limit: {} clients are more than there can be open files; at most {}",
                    options.limit.value_or(1), most_clients));
    require_option(
        options.when_full == WhenFull::wait || options.when_full == WhenFull::refuse,
        "when_full: it is none of WhenFull's values; WhenFull::wait or WhenFull::refuse");
    std::ignore = valid_threads(options);
    require_none("max_message", fault_of_max_message(options.max_message));
    require_none("ack", fault_of_ack(options.ack, options.addresses));
    require_timeout("idle_timeout", options.idle_timeout);
    require_timeout("message_timeout", options.message_timeout);
    require_timeout("write_timeout", options.write_timeout);
    require_timeout("drain_timeout", options.drain_timeout);
    require_option(static_cast<bool>(options.log),
                   "log: it is empty; leave it at its default to log nothing");
    require_option(static_cast<bool>(options.on_started),
                   "on_started: it is empty; leave it at its default");
    require_option(static_cast<bool>(options.on_drain_ending),
                   "on_drain_ending: it is empty; leave it at its default");
}

}  // namespace roger
