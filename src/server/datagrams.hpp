// One datagram socket: receive, display, acknowledge, as many datagrams at once as have come.
#pragma once

#include "net/datagram_batch.hpp"
#include "net/epoll_set.hpp"
#include "net/listening.hpp"
#include "net/unread_answers.hpp"
#include "net/waiter.hpp"
#include "protocol/replies.hpp"
#include "roger/batch.hpp"
#include "roger/peer_address.hpp"
#include "roger/task.hpp"
#include "server/admission.hpp"
#include "server/log_throttle.hpp"
#include "server/loop.hpp"
#include "server/pauses.hpp"

#include <asio/error_code.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace roger {

/// A sender is a client from when its datagram is received until it is answered: each datagram in
/// hand has a permit. Those without one stay in the socket's queue, or are answered `error: busy`.
/// There is no connection that could be idle or closed, so the drain's is the only deadline of
/// datagrams.
class Datagrams final : SocketOwner {
public:
    /// What happens that concerns the server.
    struct Callbacks {
        std::function<void()> served;  ///< a message has been answered
        std::function<void(std::string const& why)> receiving_paused;
    };

    /// All of it runs on `loop`.
    Datagrams(BoundDatagrams bound, Loop& loop, Admission& admission, Callbacks callbacks);

    /// Serves until close(): then what is in hand is still displayed and acknowledged, what is
    /// still in the socket's queue is told that the server shuts down, and the socket is closed.
    Task<void> run();

    void close();

    /// Closes the socket at once: what is in hand may never be finished. Neither that nor what is
    /// in the queue is answered.
    void end_now();

    /// If its coroutine waits in a Waiter, destroys that.
    void destroy_waiting() { waiter_.destroy(); }

    /// Datagrams that came faster than they were received, and were dropped by the system. From
    /// any thread.
    [[nodiscard]] std::size_t dropped() const;

private:
    /// A datagram that is to be answered, and by what.
    struct Owed {
        std::size_t datagram;
        std::string_view line;
        bool ack;  ///< as far as is known
    };

    Task<void> until_admissible();
    void on_event(std::uint32_t events) override;
    asio::error_code receive();
    void take(std::size_t index);
    [[nodiscard]] bool is_too_long(std::size_t index) const;
    [[nodiscard]] bool is_answer(std::size_t index) const;
    Task<void> handle();
    void add_records();
    void reply_to_written();
    void set_replies(std::size_t taken, Refusals const& refusals);
    void set_reply(Owed& owed, std::string_view text, std::optional<std::size_t> reason,
                   bool taken);
    void acknowledge();
    [[nodiscard]] bool can_be_answered(Owed const& owed) const;
    void send_owed();
    Task<void> pause(asio::error_code why);
    Task<void> find_non_readers();
    void tell_failed_look(std::error_code why);
    void refuse_queued();
    void finish();
    void close_socket();
    [[nodiscard]] bool has_socket() const { return descriptor_ != -1; }

    BoundDatagrams bound_;
    Loop& loop_;
    Admission& admission_;
    Callbacks callbacks_;
    asio::steady_timer pause_;
    Waiter waiter_;
    bool idle_ = false;      ///< waits for datagrams, or for budget
    bool readable_ = false;  ///< as far as is known
    int descriptor_;         ///< the socket's; -1 once it is closed: see closing_
    DatagramBatch batch_;
    std::optional<UnreadAnswers> unread_;  ///< of a Unix socket
    LogThrottle unread_throttle_;
    Pauses failed_looks_{"cannot ask the system who leaves answers unread"};
    std::vector<PeerAddress> senders_;           ///< by datagram
    std::vector<Message> messages_;              ///< those that are to be displayed
    std::vector<Permit> permits_;                ///< theirs
    std::vector<MessageWriter::Position> ends_;  ///< of their records, where they are written
    std::vector<Owed> owed_;
    std::vector<ReplyLine> refusals_;  ///< lines of the handler's that are owed
    bool open_ = true;
    mutable std::mutex closing_;  ///< dropped() asks the socket, which close_socket() takes away
    std::size_t dropped_ = 0;     ///< once the socket is closed
};

}  // namespace roger
