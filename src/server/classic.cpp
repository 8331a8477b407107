// The tutorial's servers: receive, display, acknowledge.
#include "server/classic.hpp"

#include "net/accept.hpp"
#include "net/listen_error.hpp"
#include "net/listening.hpp"
#include "net/signal_mask.hpp"
#include "net/spawn.hpp"
#include "net/thread.hpp"
#include "roger/task.hpp"
#include "server/pauses.hpp"
#include "server/sink.hpp"

#include <asio/as_tuple.hpp>
#include <asio/buffer.hpp>
#include <asio/deferred.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace roger {

namespace {

/// What tells one of the tutorial's servers from another.
struct ServerStyle {
    std::size_t most_bytes;  ///< that it reads, once
    std::string_view before;
    std::string_view after;
    bool as_c_string;  ///< shows no more than what comes before a zero byte
    std::string_view ack;
};

ServerStyle server_style(Transport transport) {
    switch (transport) {
        case Transport::tcp:
            return {255, "Here is the message: ", "\n", true, "I got your message"};
        case Transport::udp:
            return {1024, "Received a datagram: ", "", false, "Got your message\n"};
        default:
            return {80, "A connection has been established\n", "", false, "I got your message\n"};
    }
}

using Say = std::function<void(std::string_view sentence)>;

std::string error_sentence(std::string_view what, std::error_code error) {
    return fmt::format("ERROR {}: {}", what, error.message());
}

class Classic {
public:
    Classic(ClassicServer kind, Address const& address, Say const& say)
        : signals_(waiting_, SIGINT, SIGTERM),
          say_(say),
          kind_(kind),
          style_(server_style(address.transport)),
          sink_(STDOUT_FILENO),
          context_(1) {
        Log const silent = [](LogLevel, std::string_view) {};
        if (address.transport == Transport::udp) {
            datagrams_ = bind_datagrams(context_, address, silent);
        } else {
            listening_ = listen_on(context_, address, silent);
        }
        if (address.port == 0 && !is_unix(address.transport)) {
            // Nobody could find it otherwise.
            say_(fmt::format(
                "listening on {}",
                to_string(datagrams_.empty() ? listening_[0].address : datagrams_[0].address)));
        }
    }

    ~Classic() { block_stop_signals(); }
    Classic(Classic const&) = delete;
    Classic& operator=(Classic const&) = delete;

    bool serve() {
        for (Listening& listening : listening_) {
            start(accept(listening.socket), true);
        }
        for (BoundDatagrams& bound : datagrams_) {
            start(serve_datagrams(bound.socket), true);
        }
        signals_.async_wait([this](asio::error_code, int) {
            sink_.stop();
            context_.stop();
        });
        std::jthread const listener = start_thread([this] { waiting_.run(); });
        context_.run();
        waiting_.stop();
        if (std::error_code const error = sink_.close()) {
            say_(error_sentence("closing standard output", error));
            well_ = false;
        }
        return well_;
    }

private:
    using Socket =
        asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

    /// `whole`: nothing is left to be done after it.
    void start(Task<void> work, bool whole) {
        spawn(context_.get_executor(), std::move(work),
              [this, whole](std::exception_ptr const& thrown) {
                  if (thrown) {
                      say_(describe(thrown));
                      well_ = false;
                  }
                  if (whole) {
                      context_.stop();
                  }
              });
    }

    Task<void> accept(Acceptor& acceptor) {
        for (Pauses pauses("ERROR on accept");;) {
            co_await acceptor.async_wait(Acceptor::wait_read, asio::as_tuple);
            Socket client(context_);
            Endpoint peer;
            asio::error_code const error = accept_connection(acceptor, client, peer);
            if (!error && kind_ == ClassicServer::single) {
                co_await converse(std::move(client));
                co_return;
            }
            if (!error) {
                start(converse(std::move(client)), false);
            } else if (error != asio::error::would_block && !is_of_one_connection(error)) {
                if (kind_ == ClassicServer::single) {
                    throw std::runtime_error(error_sentence("on accept", error));
                }
                co_await pause(pauses, error);
            }
        }
    }

    Task<void> pause(Pauses& pauses, asio::error_code why) {
        pauses.add([this](LogLevel, std::string_view what) { say_(what); }, why.message());
        asio::steady_timer timer(context_, pause_time);
        co_await timer.async_wait(asio::deferred);
    }

    /// A client that breaks off is reported; that is no failure of the server's.
    Task<void> converse(Socket client) {
        std::array<char, 255> buffer;
        auto const [error, size] = co_await client.async_read_some(
            asio::buffer(buffer.data(), style_.most_bytes), asio::as_tuple);
        if (error && error != asio::error::eof) {
            say_(error_sentence("reading from socket", error));
            co_return;
        }
        display({buffer.data(), size});
        auto const [unsent, sent] =
            co_await asio::async_write(client, asio::buffer(style_.ack), asio::as_tuple);
        if (unsent) {
            say_(error_sentence("writing to socket", unsent));
        }
    }

    Task<void> serve_datagrams(DatagramSocket& socket) {
        std::array<char, 1024> buffer;
        for (Pauses pauses("ERROR on recvfrom");;) {
            DatagramSocket::endpoint_type sender;
            auto const [error, size] = co_await socket.async_receive_from(
                asio::buffer(buffer.data(), style_.most_bytes), sender, asio::as_tuple);
            if (error) {
                co_await pause(pauses, error);
                continue;
            }
            display({buffer.data(), size});
            // Whether an answer gets through is the network's affair.
            co_await socket.async_send_to(asio::buffer(style_.ack), sender, asio::as_tuple);
        }
    }

    /// Throws where standard output does not take it: then there is nothing to be acknowledged.
    void display(std::string_view message) {
        std::string const record = fmt::format(
            "{}{}{}", style_.before,
            style_.as_c_string ? message.substr(0, message.find('\0')) : message, style_.after);
        std::string_view unwritten = record;
        std::error_code const error = sink_.write(unwritten);
        if (error == std::errc::operation_canceled) {
            throw std::runtime_error(
                "ERROR writing to standard output: it does not take what is written to it");
        }
        if (error) {
            throw std::runtime_error(error_sentence("writing to standard output", error));
        }
    }

    // Signals are handled from before it listens, and on a thread of their own, since a write can
    // block the other.
    asio::io_context waiting_{1};
    asio::signal_set signals_;

    Say const& say_;
    ClassicServer kind_;
    ServerStyle style_;
    Sink sink_;
    asio::io_context context_;
    std::vector<Listening> listening_;
    std::vector<BoundDatagrams> datagrams_;
    bool well_ = true;
};

}  // namespace

bool serve_classic(ClassicServer kind, std::optional<Address> const& address, Say const& say) {
    if (!address) {
        say("ERROR, no port provided");
        return false;
    }
    try {
        return Classic(kind, *address, say).serve();
    } catch (ListenError const& error) {
        say(fmt::format("ERROR on binding: {}", error.cause().message()));
        return false;
    }
}

}  // namespace roger
