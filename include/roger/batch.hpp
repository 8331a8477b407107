// Messages that came together: the unit that a server hands to its handler.
#pragma once

#include "roger/peer_address.hpp"
#include "roger/refusals.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace roger {

/// One message, and whose it is. Can be used as its text. A copy stands for the same message of the
/// same batch, whatever is made of its text.
struct Message {
    Message(std::string_view bytes, PeerAddress const* from) : text(bytes), sender(from) {}

    std::string_view text;  ///< any bytes, a newline only in a datagram's
    PeerAddress const* sender;

    /// A Unix sender without a name has an empty path.
    [[nodiscard]] Address from() const { return sender->address(); }

    operator std::string_view() const { return text; }  // NOLINT(google-explicit-constructor)

private:
    friend class Batch;

    std::uint64_t batch_ = 0;  ///< Batch's number_; 0: of none
    std::size_t index_ = 0;    ///< in its batch
};

/// A range of messages, in the order they were sent: one connection's, or datagrams of many
/// senders.
///
///     for (std::string_view message : batch) ...
///     for (roger::Message const& message : batch) ...  message.from() ...
///
/// One connection's has at most 1,024 messages, and one of datagrams at most 64.
///
/// A batch and what its messages point to live until the handler that was given them returns,
/// across its suspensions; a handler that needs a text or an address longer copies it. Nothing else
/// uses them until then: while the handler is suspended, other threads may read them, several at
/// once.
class Batch {
public:
    class Iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Message;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Message;

        Iterator() = default;

        Message operator*() const {
            Message message = datagram_ != nullptr
                                  ? *datagram_
                                  : Message(rest_.substr(0, rest_.find('\n')), sender_);
            message.batch_ = batch_;
            message.index_ = index_;
            return message;
        }
        Iterator& operator++() {
            ++index_;
            if (datagram_ != nullptr) {
                ++datagram_;
            } else {
                rest_.remove_prefix(rest_.find('\n') + 1);
            }
            return *this;
        }
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(Iterator const& other) const {
            return rest_.size() == other.rest_.size() && datagram_ == other.datagram_;
        }

    private:
        friend class Batch;

        Iterator(std::uint64_t batch, std::string_view rest, PeerAddress const* sender)
            : rest_(rest), sender_(sender), batch_(batch) {}
        Iterator(std::uint64_t batch, Message const* datagram)
            : datagram_(datagram), batch_(batch) {}

        std::string_view rest_;
        PeerAddress const* sender_ = nullptr;
        Message const* datagram_ = nullptr;  ///< null: a connection's messages
        std::uint64_t batch_ = 0;
        std::size_t index_ = 0;
    };

    /// Of one connection: `text` holds every message followed by one '\n', which no message
    /// contains.
    Batch(std::string_view text, PeerAddress const& from, std::size_t loop, Refusals& refusals)
        : begin_(number_, text, &from),
          end_(number_, text.substr(text.size()), &from),
          loop_(loop),
          refusals_(refusals) {}

    Batch(std::span<Message const> datagrams, std::size_t loop, Refusals& refusals)
        : begin_(number_, datagrams.data()),
          end_(number_, datagrams.data() + datagrams.size()),
          loop_(loop),
          refusals_(refusals) {}

    [[nodiscard]] Iterator begin() const { return begin_; }
    [[nodiscard]] Iterator end() const { return end_; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    /// The event loop that the handler runs on, from 0 to the number of loops less one
    /// (ServerOptions::threads, or the contexts that the server was given): what is kept by loop
    /// needs no lock.
    [[nodiscard]] std::size_t loop() const { return loop_; }

    /// Answers `message` with `error: ` and the reason when the handler returns, instead of
    /// acknowledging it. Called on the handler's loop. Control characters and invalid UTF-8 in the
    /// reason are escaped: docs/protocol.md. Refusals documents how long a reason may be, and how
    /// many there may be. Throws std::logic_error if `message` is not one that this batch gave, or
    /// a copy of it.
    void refuse(Message const& message, std::string_view reason) const;

private:
    /// No two batches of a process have the same, so that a message of one that is over is not
    /// taken for one that lies in the same place.
    static std::uint64_t next_number();

    std::uint64_t number_ = next_number();
    Iterator begin_;
    Iterator end_;
    std::size_t loop_;
    Refusals& refusals_;
};

}  // namespace roger
