// Many datagrams in one system call, and their answers in another: recvmmsg(2), sendmmsg(2).
#pragma once

#include "net/endpoint.hpp"

#include <asio/error_code.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

namespace roger {

/// What a datagram brings beside its bytes: cmsg(3).
enum class ControlData : std::uint8_t {
    none,         ///< descriptors attached to it (SCM_RIGHTS, unix(7)) are closed by the system
    packet_info,  ///< our address that it came to, of an Internet socket: ip(7), ipv6(7)
};

/// Receives into buffers of its own, which the system gives memory only as far as they are used.
class DatagramBatch {
public:
    /// At most `most` datagrams at once, of `most_bytes` each: what is longer is cut off.
    DatagramBatch(std::size_t most, std::size_t most_bytes, ControlData control_data);

    [[nodiscard]] std::size_t most() const { return slots_.size(); }

    /// Takes what is there, at most `most`, without waiting. An error, would_block among them,
    /// leaves the batch empty.
    asio::error_code receive(int socket, std::size_t most);

    /// How many were received; the following functions take an index below it.
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view bytes(std::size_t index) const;
    [[nodiscard]] bool cut_off(std::size_t index) const;
    [[nodiscard]] Endpoint const& sender(std::size_t index) const;
    /// A Unix sender without a name of its own cannot be answered.
    [[nodiscard]] bool answerable(std::size_t index) const;

    /// To be sent to the datagram's sender by send(), from the address that the sender wrote to.
    /// `bytes` live until then. At most one answer for each datagram.
    void answer(std::size_t index, std::string_view bytes);

    /// Sends the answers in the order of answer(), without waiting: one that the system does not
    /// take at once is dropped, whoever's it is, so that no sender has to wait for another's.
    void send(int socket);

    /// After send(): the system has taken the datagram's answer.
    [[nodiscard]] bool answered(std::size_t index) const { return slots_[index].answered; }

private:
    /// What one datagram needs beside its bytes.
    struct Slot {
        Endpoint sender;
        iovec bytes;
        iovec answer;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control;
        bool answered;
    };

    ControlData control_data_;
    std::unique_ptr<char[]> buffer_;
    std::vector<Slot> slots_;
    std::vector<mmsghdr> received_;
    std::vector<mmsghdr> answers_;
    std::vector<std::size_t> answered_;  ///< the datagram of each of answers_
    std::size_t size_ = 0;
};

/// Datagrams that the system threw away because nobody took them in time, since the socket was
/// made: SO_MEMINFO, socket(7). SO_RXQ_OVFL would tell the same number, but only with the next
/// datagram that is queued, so of the last losses never.
std::size_t count_dropped(int socket);

}  // namespace roger
