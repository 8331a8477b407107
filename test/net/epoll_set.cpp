// Which sockets are ready, edge-triggered: as the server's loops use the set.
#include "net/epoll_set.hpp"

#include "net/descriptor.hpp"
#include "net/spawn.hpp"
#include "roger/task.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using roger::Descriptor;
using roger::EpollSet;

namespace {

constexpr std::uint32_t edges = EPOLLIN | EPOLLRDHUP | EPOLLET;

/// Two ends of a connection, of which ours may be in a set.
struct Connection final : roger::SocketOwner {
    Connection() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
                0);
        ours = Descriptor(ends[0]);
        theirs = Descriptor(ends[1]);
    }
    void on_event(std::uint32_t events) override { told |= events; }
    void send(std::string_view bytes) const {
        REQUIRE(::write(theirs.get(), bytes.data(), bytes.size()) ==
                static_cast<ssize_t>(bytes.size()));
    }
    void read_one() const {
        char byte = 0;
        REQUIRE(::read(ours.get(), &byte, 1) == 1);
    }

    Descriptor ours;
    Descriptor theirs;
    std::uint32_t told = 0;
};

/// How many were told something.
std::size_t deliver(EpollSet& set) {
    auto const events = set.poll();
    for (epoll_event const& event : events) {
        EpollSet::owner(event)->on_event(event.events);
    }
    return events.size();
}

roger::Task<void> wait_for(EpollSet& set) {
    co_await set.wait();
}

/// Whether a wait for the set ends without anything more happening.
bool wait_ends(asio::io_context& context, EpollSet& set) {
    bool ended = false;
    roger::spawn(context.get_executor(), wait_for(set),
                 [&ended](std::exception_ptr const& thrown) { ended = !thrown; });
    context.restart();
    context.poll();
    bool const by_itself = ended;
    set.cancel();
    context.restart();
    context.poll();
    REQUIRE(ended);
    return by_itself;
}

}  // namespace

TEST_CASE("An edge is told once, and again when more comes", "[epoll-set]") {
    asio::io_context context(1);
    EpollSet set(context);
    Connection connection;
    set.add(connection.ours.get(), edges, &connection);
    CHECK_FALSE(wait_ends(context, set));
    connection.send("ab");
    CHECK(wait_ends(context, set));
    CHECK(deliver(set) == 1);
    connection.read_one();
    // What was left behind is no edge.
    CHECK(deliver(set) == 0);
    CHECK_FALSE(wait_ends(context, set));
    connection.send("c");
    CHECK(wait_ends(context, set));
    CHECK(deliver(set) == 1);
}

TEST_CASE("Data and the end of the stream that come at once are one event", "[epoll-set]") {
    asio::io_context context(1);
    EpollSet set(context);
    Connection connection;
    set.add(connection.ours.get(), edges, &connection);
    connection.send("a");
    connection.theirs.close();
    CHECK(deliver(set) == 1);
    CHECK((connection.told & EPOLLIN) != 0);
    CHECK((connection.told & EPOLLRDHUP) != 0);
}

TEST_CASE("What is ready when it comes into the set, or when its events change, is told",
          "[epoll-set]") {
    asio::io_context context(1);
    EpollSet set(context);
    Connection connection;
    connection.send("a");
    set.add(connection.ours.get(), edges, &connection);
    CHECK(deliver(set) == 1);
    set.change(connection.ours.get(), edges | EPOLLOUT, &connection);
    CHECK(wait_ends(context, set));
    CHECK(deliver(set) == 1);
    CHECK((connection.told & EPOLLOUT) != 0);
}

TEST_CASE("Who has been removed is not told of any more, though a copy of the socket is open",
          "[epoll-set]") {
    asio::io_context context(1);
    EpollSet set(context);
    Connection connection;
    set.add(connection.ours.get(), edges, &connection);
    Descriptor const copy(::fcntl(connection.ours.get(), F_DUPFD_CLOEXEC, 0));
    set.remove(connection.ours.get());
    connection.ours.close();
    connection.send("a");
    CHECK(deliver(set) == 0);
}

TEST_CASE("A descriptor's number belongs to whoever has it now", "[epoll-set]") {
    asio::io_context context(1);
    EpollSet set(context);
    Connection before;
    int const number = before.ours.get();
    set.add(number, edges, &before);
    before.send("a");
    set.remove(number);
    Connection now;
    before.ours.release();
    REQUIRE(::dup3(now.ours.get(), number, O_CLOEXEC) == number);
    now.ours = Descriptor(number);
    set.add(number, edges, &now);
    now.send("b");
    CHECK(deliver(set) == 1);
    CHECK(before.told == 0);
    CHECK((now.told & EPOLLIN) != 0);
}

TEST_CASE("However many are ready, each is told once, and a wait goes on to the rest",
          "[epoll-set]") {
    asio::io_context context(1);
    EpollSet set(context);
    std::vector<Connection> connections(300);
    for (Connection& connection : connections) {
        set.add(connection.ours.get(), edges, &connection);
        connection.send("a");
    }
    std::size_t told = deliver(set);
    CHECK(told < connections.size());
    CHECK(set.may_have_more());
    CHECK(wait_ends(context, set));
    told += deliver(set);
    CHECK(told == connections.size());
    CHECK_FALSE(set.may_have_more());
    CHECK(std::ranges::all_of(connections, [](Connection const& one) { return one.told != 0; }));
}
