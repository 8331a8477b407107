// The other end of a conversation, byte by byte: a plain socket, with a deadline on every call.
#pragma once

#include "support/deadline.hpp"
#include "support/files.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roger::test {

/// How a stream ended.
enum class End { closed, reset };

class Peer {
public:
    struct Options {
        std::optional<int> receive_buffer = {};  ///< SO_RCVBUF, set before connecting
        std::optional<int> send_buffer = {};     ///< SO_SNDBUF, likewise
        std::optional<int> segment = {};         ///< TCP_MAXSEG, likewise
        std::optional<std::string> name = {};    ///< an address of its own: unix:@NAME
    };

    /// `address` as the server prints it: tcp:127.0.0.1:51717, unix:PATH, unix:@NAME.
    static Peer connect(std::string const& address, Options const& options, Deadline deadline = {});
    static Peer connect(std::string const& address) { return connect(address, Options{}); }

    /// A connected socket, from Listener::accept() say.
    explicit Peer(Descriptor socket);

    /// All of it. Throws Failure when the other side no longer takes it.
    void send(std::string_view bytes, Deadline deadline = {});

    /// As many of `bytes` as go out until nothing more has gone for `quiet`, or until the
    /// connection breaks. Returns their number.
    std::size_t send_until_stuck(std::string_view bytes, Duration quiet = Duration(200)) const;

    /// Without the newline. Throws Failure at the end of the stream too.
    std::string receive_line(Deadline deadline = {});
    std::string receive_exactly(std::size_t size, Deadline deadline = {});

    /// The rest up to the end of the stream; a reset is a Failure.
    std::string receive_all(Deadline deadline = {});

    /// Reads on until the stream ends, whatever comes before, and tells how it ended.
    End wait_for_end(Deadline deadline = {});

    /// Something comes within `duration`: bytes or the end. True at once for bytes already read.
    bool would_receive_within(Duration duration);

    /// Whether the other side has read all that was sent. Only on a Unix socket, where both ends
    /// share one queue: over TCP what was sent may wait in the other side's system.
    [[nodiscard]] bool all_is_read() const;
    void wait_until_read(Deadline deadline = {}) const;

    /// All bytes received and not yet asked for.
    [[nodiscard]] std::string const& pending() const { return received_; }

    void half_close();
    /// Breaks the connection off: a TCP reset.
    void reset();
    void close() { socket_.close(); }

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// In the server's grammar: what its json records say under `from`.
    [[nodiscard]] std::string local_address() const;

private:
    enum class Read { some, closed, reset };
    Read read_some(std::string_view awaited, Deadline const& deadline);
    [[noreturn]] void fail(std::string_view awaited, std::string_view why) const;

    Descriptor socket_;
    std::string received_;
};

/// A server to be played by the test.
class Listener {
public:
    /// Port 0 lets the system choose.
    explicit Listener(std::string const& address, int backlog = 128);

    [[nodiscard]] std::string address() const;
    Peer accept(Deadline deadline = {});
    void close() { socket_.close(); }

private:
    Descriptor socket_;
};

/// An Internet stream address of this machine where nobody listens: a port bound, not listening,
/// for as long as the object lives, so that no other program can take it.
class RefusingAddress {
public:
    /// Port 0: any.
    explicit RefusingAddress(std::string const& host = "127.0.0.1", std::uint16_t port = 0);
    [[nodiscard]] std::string address() const;

private:
    Descriptor socket_;
};

}  // namespace roger::test
