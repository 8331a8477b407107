// Many peers in one thread.
#include "support/peer_group.hpp"

#include "program/open_file_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace roger::test {
std::size_t open_file_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_max;
}

PeerGroup::PeerGroup(std::string const& address, std::size_t count, Deadline deadline) {
    connect(address, count, deadline);
}

void PeerGroup::connect(std::string const& address, std::size_t count, Deadline deadline) {
    if (!epoll_) {
        raise_open_file_limit();
        epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    }
    for (std::size_t made = 0; made < count; ++made) {
        members_.push_back({.peer = Peer::connect(address, {}, deadline)});
        watch(members_.size() - 1);
    }
}

void PeerGroup::watch(std::size_t number) const {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {}};
    event.data.u64 = number;
    int const socket = members_.at(number).peer.descriptor();
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) != 0) {
        throw Failure("epoll_ctl: " + errno_text(errno));
    }
}

void PeerGroup::send(std::size_t member, std::string_view bytes) {
    members_.at(member).unsent += bytes;
}

void PeerGroup::finish(std::size_t member) {
    members_.at(member).finish = true;
}

void PeerGroup::finish_all() {
    for (auto& member : members_) {
        member.finish = true;
    }
}

void PeerGroup::send(Member& member) const {
    while (!member.end && member.sent < member.unsent.size()) {
        auto const rest = std::string_view(member.unsent).substr(member.sent);
        auto const sent = ::send(member.peer.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            // A broken connection shows in receive(), after what was still to be read.
            if (errno == EPIPE || errno == ECONNRESET) {
                break;
            }
            if (errno == EAGAIN) {
                return;
            }
            if (errno != EINTR) {
                throw Failure("send: " + errno_text(errno));
            }
            continue;
        }
        member.sent += static_cast<std::size_t>(sent);
    }
    member.unsent.clear();
    member.sent = 0;
    if (member.finish && !member.finished && !member.end) {
        member.finished = true;
        ::shutdown(member.peer.descriptor(), SHUT_WR);
    }
}

void PeerGroup::receive(std::size_t number) {
    auto& member = members_.at(number);
    std::array<char, 16384> buffer;
    while (!member.end) {
        auto const size = ::recv(member.peer.descriptor(), buffer.data(), buffer.size(), 0);
        if (size > 0) {
            std::string_view const bytes(buffer.data(), static_cast<std::size_t>(size));
            member.received += bytes;
            auto const lines = std::ranges::count(bytes, '\n');
            member.lines += static_cast<std::size_t>(lines);
            for (auto line = lines; on_line_ && line > 0; --line) {
                on_line_(number);
            }
            send(member);
        } else if (size == 0) {
            member.end = End::closed;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == ECONNRESET || errno == EPIPE) {
            member.end = End::reset;
        } else if (errno != EINTR) {
            throw Failure("recv: " + errno_text(errno));
        }
    }
}

void PeerGroup::run(std::string_view awaited, std::function<bool()> const& done,
                    Deadline deadline) {
    // What was said since the last time is not announced by an edge.
    for (auto& member : members_) {
        send(member);
    }
    std::array<epoll_event, 256> events;
    while (!done()) {
        if (deadline.over()) {
            throw Failure(fmt::format("not within {} ms: {}; {}", deadline.duration().count(),
                                      awaited, summary()));
        }
        int const timeout = std::min(deadline.poll_timeout(), 50);
        int const ready =
            ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
        for (int index = 0; index < ready; ++index) {
            auto const& event = events.at(static_cast<std::size_t>(index));
            auto& member = members_.at(event.data.u64);
            if ((event.events & EPOLLOUT) != 0) {
                send(member);
            }
            receive(event.data.u64);
        }
    }
}

void PeerGroup::run_until_lines(std::size_t lines, Deadline deadline) {
    run(
        fmt::format("{} lines for each of {} peers", lines, size()),
        [this, lines] {
            return std::ranges::all_of(members_, [lines](Member const& member) {
                return member.lines >= lines || member.end;
            });
        },
        deadline);
}

void PeerGroup::run_until_ended(Deadline deadline) {
    run(
        fmt::format("the end of {} streams", size()),
        [this] {
            return std::ranges::all_of(members_,
                                       [](Member const& member) { return member.end.has_value(); });
        },
        deadline);
}

void PeerGroup::run_for(Duration duration) {
    Deadline const while_running(duration);
    run("", [&while_running] { return while_running.over(); });
}

std::string const& PeerGroup::received(std::size_t member) const {
    return members_.at(member).received;
}

std::size_t PeerGroup::unsent(std::size_t member) const {
    return members_.at(member).unsent.size() - members_.at(member).sent;
}

std::optional<End> PeerGroup::end(std::size_t member) const {
    return members_.at(member).end;
}

void PeerGroup::close(std::size_t member) {
    members_.at(member).peer.close();
    members_.at(member).end = End::closed;
}

void PeerGroup::reset(std::size_t member) {
    members_.at(member).peer.reset();
    members_.at(member).end = End::reset;
}

std::string PeerGroup::summary() const {
    auto const open = std::ranges::count_if(members_, [](auto const& one) { return !one.end; });
    auto const fewest = std::ranges::min_element(members_, {}, &Member::lines);
    auto out = fmt::format("{} of {} streams are open", open, size());
    if (fewest != members_.end()) {
        out += fmt::format(
            "; peer {} has received least, {} lines, {} bytes unsent, ending in {}",
            fewest - members_.begin(), fewest->lines, fewest->unsent.size() - fewest->sent,
            legible(std::string_view(fewest->received)
                        .substr(fewest->received.size() -
                                std::min<std::size_t>(fewest->received.size(), 200))));
    }
    return out;
}

}  // namespace roger::test
