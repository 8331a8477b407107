// Clients that say numbered messages without a pause.
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

/// Bytes made at once for a client to say: not many, so that the next is not kept waiting.
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
        talkers_.push_back({.peer = Peer::connect(address, options_.sockets, deadline)});
    }
}

std::string Flood::message(std::size_t client, std::size_t number) const {
    auto text = fmt::format("c{} m{} ", client, number);
    text.resize(options_.message_bytes, '.');
    return text;
}

short Flood::interest(Talker const& talker) const {
    bool const talks = !talker.broken && !talker.half_closed;
    return static_cast<short>((options_.reads ? POLLIN : 0) | (talks ? POLLOUT : 0));
}

void Flood::run(std::string_view awaited, std::function<bool()> const& done, Deadline deadline) {
    std::vector<pollfd> entries;
    while (!done()) {
        if (deadline.over()) {
            throw Failure(fmt::format("not within {} ms: {}; {}", deadline.duration().count(),
                                      awaited, summary()));
        }
        entries.clear();
        for (auto const& talker : talkers_) {
            entries.push_back({.fd = talker.end ? -1 : talker.peer.descriptor(),
                               .events = interest(talker),
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
    auto& talker = talkers_.at(client);
    if ((events & POLLOUT) != 0) {
        talk(client);
    }
    if (options_.reads && (events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        listen(talker);
    } else if ((events & (POLLHUP | POLLERR)) != 0) {
        talker.end = End::reset;  // whoever does not read learns no more
    }
    if (talker.end) {
        talker.peer.close();
    }
}

void Flood::talk(std::size_t client) {
    auto& talker = talkers_.at(client);
    if (talker.sent == talker.unsent.size() && !talker.finishing) {
        talker.unsent.clear();
        talker.sent = 0;
        do {
            talker.unsent += message(client, talker.next++) + '\n';
        } while (talker.unsent.size() + line_size() <= most_unsent);
    }
    auto const rest = std::string_view(talker.unsent).substr(talker.sent);
    auto const sent = ::send(talker.peer.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
        talker.sent += static_cast<std::size_t>(sent);
    } else if (errno == EPIPE || errno == ECONNRESET) {
        talker.broken = true;  // what is still to be heard is heard first
    } else if (errno != EAGAIN && errno != EINTR) {
        throw Failure("send: " + errno_text(errno));
    }
    if (talker.finishing && talker.sent == talker.unsent.size() && !talker.broken) {
        talker.peer.half_close();
        talker.half_closed = true;
    }
}

void Flood::note_ack() {
    auto const now = Clock::now();
    longest_pause_ =
        std::max(longest_pause_, std::chrono::ceil<Duration>(now - last_ack_.value_or(now)));
    last_ack_ = now;
}

void Flood::listen(Talker& talker) {
    std::array<char, 65536> buffer;
    auto const size = ::recv(talker.peer.descriptor(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0) {
        talker.end = size == 0 ? End::closed : End::reset;
        talker.last_words += std::exchange(talker.heard, {});
        return;
    }
    talker.heard.append(buffer.data(), static_cast<std::size_t>(size));
    std::string_view rest = talker.heard;
    if (talker.last_words.empty() && rest.starts_with(ack_line)) {
        note_ack();
    }
    while (talker.last_words.empty() && rest.starts_with(ack_line)) {
        ++talker.acked;
        rest.remove_prefix(ack_line.size());
    }
    // An answer is told apart from an ack once all of it is there.
    if (!talker.last_words.empty() || rest.find('\n') != std::string_view::npos) {
        talker.last_words += rest;
        rest = {};
    }
    talker.heard.erase(0, talker.heard.size() - rest.size());
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
            return std::ranges::all_of(talkers_,
                                       [](auto const& one) { return one.end.has_value(); });
        },
        deadline);
}

void Flood::run_for(Duration duration) {
    Deadline const while_running(duration);
    run("", [&while_running] { return while_running.over(); });
}

void Flood::finish() {
    for (auto& talker : talkers_) {
        talker.finishing = true;
        auto const left = (talker.unsent.size() - talker.sent) % line_size();
        auto const dropped = (talker.unsent.size() - talker.sent) / line_size();
        talker.next -= dropped;
        talker.unsent.resize(talker.sent + left);
    }
}

std::size_t Flood::begun(std::size_t client) const {
    auto const& talker = talkers_.at(client);
    return talker.next - (talker.unsent.size() - talker.sent) / line_size();
}

std::size_t Flood::said(std::size_t client) const {
    auto const& talker = talkers_.at(client);
    auto const left = talker.unsent.size() - talker.sent;
    return talker.next - (left + line_size() - 1) / line_size();
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
    for (auto const& talker : talkers_) {
        sum += talker.acked;
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
    auto const open = std::ranges::count_if(talkers_, [](auto const& one) { return !one.end; });
    auto out = fmt::format("{} of {} streams are open; {} messages begun, {} acked", open,
                           clients(), all_begun(), all_acked());
    for (std::size_t client = 0; client < clients(); ++client) {
        if (!talkers_[client].last_words.empty()) {
            return out + fmt::format("; client {} heard {}", client,
                                     legible(talkers_[client].last_words, 200));
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
