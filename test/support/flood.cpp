// Clients that send numbered messages without a pause.
#include "support/flood.hpp"

#include "support/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace roger::test {
namespace {

/// Bytes made at once for a client to send: not many, so that the next is not kept waiting.
constexpr std::size_t most_unsent = 16 * 1024;

/// The number after `word` at the start of `text`, which both are taken off; nothing else.
std::optional<std::size_t> take_number(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) {
        return std::nullopt;
    }
    std::size_t number = 0;
    auto const* const start = text.data() + word.size();
    auto const [end, error] = std::from_chars(start, text.data() + text.size(), number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

Flood::Flood(std::string const& address, Options const& options, Deadline deadline)
    : options_(options) {
    connect(address, options.clients, deadline);
}

void Flood::connect(std::string const& address, std::size_t clients, Deadline deadline) {
    for (std::size_t made = 0; made < clients; ++made) {
        senders_.push_back({.peer = Peer::connect(address, options_.sockets, deadline)});
    }
}

std::string Flood::message(std::size_t client, std::size_t number) const {
    auto text = fmt::format("c{} m{} ", client, number);
    text.resize(options_.message_bytes, '.');
    return text;
}

short Flood::interest(Sender const& sender) const {
    bool const sends = !sender.broken && !sender.half_closed;
    return static_cast<short>((options_.reads ? POLLIN : 0) | (sends ? POLLOUT : 0));
}

void Flood::run(std::string_view awaited, std::function<bool()> const& done, Deadline deadline) {
    std::vector<pollfd> entries;
    while (!done()) {
        if (deadline.over()) {
            throw Failure(fmt::format("not within {} ms: {}; {}", deadline.duration().count(),
                                      awaited, summary()));
        }
        entries.clear();
        for (auto const& sender : senders_) {
            entries.push_back({.fd = sender.end ? -1 : sender.peer.descriptor(),
                               .events = interest(sender),
                               .revents = 0});
        }
        int const timeout = std::min(deadline.poll_timeout(), 50);
        if (::poll(entries.data(), entries.size(), timeout) < 0 && errno != EINTR) {
            throw Failure("poll: " + errno_text(errno));
        }
        for (std::size_t client = 0; client < entries.size(); ++client) {
            act(client, entries[client].revents);
        }
    }
}

void Flood::act(std::size_t client, short events) {
    auto& sender = senders_.at(client);
    if ((events & POLLOUT) != 0) {
        talk(client);
    }
    if (options_.reads && (events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        listen(sender);
    } else if ((events & (POLLHUP | POLLERR)) != 0) {
        sender.end = End::reset;  // whoever does not read learns no more
    }
    if (sender.end) {
        sender.peer.close();
    }
}

void Flood::talk(std::size_t client) {
    auto& sender = senders_.at(client);
    if (sender.sent == sender.unsent.size() && !sender.finishing) {
        sender.unsent.clear();
        sender.sent = 0;
        do {
            sender.unsent += message(client, sender.next++) + '\n';
        } while (sender.unsent.size() + line_size() <= most_unsent);
    }
    auto const rest = std::string_view(sender.unsent).substr(sender.sent);
    auto const sent = ::send(sender.peer.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
        sender.sent += static_cast<std::size_t>(sent);
    } else if (errno == EPIPE || errno == ECONNRESET) {
        sender.broken = true;  // what is still to be heard is heard first
    } else if (errno != EAGAIN && errno != EINTR) {
        throw Failure("send: " + errno_text(errno));
    }
    if (sender.finishing && sender.sent == sender.unsent.size() && !sender.broken) {
        sender.peer.half_close();
        sender.half_closed = true;
    }
}

void Flood::note_ack() {
    auto const now = Clock::now();
    longest_pause_ =
        std::max(longest_pause_, std::chrono::ceil<Duration>(now - last_ack_.value_or(now)));
    last_ack_ = now;
}

void Flood::listen(Sender& sender) {
    std::array<char, 65536> buffer;
    auto const size = ::recv(sender.peer.descriptor(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0) {
        sender.end = size == 0 ? End::closed : End::reset;
        sender.last_words += std::exchange(sender.heard, {});
        return;
    }
    sender.heard.append(buffer.data(), static_cast<std::size_t>(size));
    std::string_view rest = sender.heard;
    if (sender.last_words.empty() && rest.starts_with(ack_line)) {
        note_ack();
    }
    while (sender.last_words.empty() && rest.starts_with(ack_line)) {
        ++sender.acked;
        rest.remove_prefix(ack_line.size());
    }
    // An answer is told apart from an ack once all of it is there.
    if (!sender.last_words.empty() || rest.find('\n') != std::string_view::npos) {
        sender.last_words += rest;
        rest = {};
    }
    sender.heard.erase(0, sender.heard.size() - rest.size());
}

void Flood::run_until_acked(std::size_t messages, Deadline deadline) {
    run(
        fmt::format("{} acks", messages), [this, messages] { return all_acked() >= messages; },
        deadline);
}

void Flood::run_until_ended(Deadline deadline) {
    run(
        "the end of all streams",
        [this] {
            return std::ranges::all_of(senders_,
                                       [](auto const& one) { return one.end.has_value(); });
        },
        deadline);
}

void Flood::run_for(Duration duration) {
    Deadline const while_running(duration);
    run("", [&while_running] { return while_running.over(); });
}

void Flood::finish() {
    for (auto& sender : senders_) {
        sender.finishing = true;
        auto const left = (sender.unsent.size() - sender.sent) % line_size();
        auto const dropped = (sender.unsent.size() - sender.sent) / line_size();
        sender.next -= dropped;
        sender.unsent.resize(sender.sent + left);
    }
}

std::size_t Flood::begun(std::size_t client) const {
    auto const& sender = senders_.at(client);
    return sender.next - (sender.unsent.size() - sender.sent) / line_size();
}

std::size_t Flood::sent(std::size_t client) const {
    auto const& sender = senders_.at(client);
    auto const left = sender.unsent.size() - sender.sent;
    return sender.next - (left + line_size() - 1) / line_size();
}

std::size_t Flood::all_begun() const {
    std::size_t sum = 0;
    for (std::size_t client = 0; client < clients(); ++client) {
        sum += begun(client);
    }
    return sum;
}

std::size_t Flood::all_acked() const {
    std::size_t sum = 0;
    for (auto const& sender : senders_) {
        sum += sender.acked;
    }
    return sum;
}

Flood::Records Flood::records(std::string_view output) const {
    Records out;
    out.of_client.resize(clients());
    for (std::size_t end = 0; !output.empty(); output.remove_prefix(end + 1)) {
        end = output.find('\n');
        if (end == std::string_view::npos) {
            out.unfinished = output;
            break;
        }
        auto const record = output.substr(0, end);
        auto rest = record;
        auto const client = take_number(rest, "c");
        if (!client || !take_number(rest, " m")) {
            out.others.emplace_back(record);
            continue;
        }
        auto const expected =
            *client < clients() ? message(*client, out.of_client[*client]) : std::string();
        if (record != expected) {
            throw Failure(fmt::format("not whole, not in order or not once: {}, in place of {}",
                                      legible(record, 100), legible(expected, 100)));
        }
        ++out.of_client[*client];
    }
    return out;
}

std::string Flood::summary() const {
    auto const open = std::ranges::count_if(senders_, [](auto const& one) { return !one.end; });
    auto out = fmt::format("{} of {} streams are open; {} messages begun, {} acked", open,
                           clients(), all_begun(), all_acked());
    for (std::size_t client = 0; client < clients(); ++client) {
        if (!senders_[client].last_words.empty()) {
            return out + fmt::format("; client {} heard {}", client,
                                     legible(senders_[client].last_words, 200));
        }
    }
    return out;
}

void require_acked_is_displayed(Flood const& flood, std::string_view output) {
    auto const records = flood.records(output);
    for (std::size_t client = 0; client < flood.clients(); ++client) {
        if (records.of_client[client] != flood.acked(client)) {
            throw Failure(fmt::format("client {}: {} displayed, {} acked, {} begun, last words {}",
                                      client, records.of_client[client], flood.acked(client),
                                      flood.begun(client), legible(flood.last_words(client), 200)));
        }
    }
}

}  // namespace roger::test
