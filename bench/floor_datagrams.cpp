// The floor for datagrams: it receives up to 64 with one recvmmsg(), writes them out with one
// write(), and acknowledges them with one sendmmsg(). No deadline, no limit, no escaping, no
// answer to a truncated datagram or a partial write.
//
//     floor_datagrams ADDRESS > FILE

#include "loopback.hpp"
#include "records.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace {

constexpr unsigned batch = 64;
constexpr std::size_t longest = 65536;

/// Room for a batch: each datagram's bytes and its sender.
struct Datagrams {
    std::vector<char> bytes = std::vector<char>(batch * longest);
    std::array<sockaddr_storage, batch> senders{};
    std::array<iovec, batch> places{};
    std::array<mmsghdr, batch> messages{};

    Datagrams() { clear(batch); }

    /// Makes the first `count` ready to be received into.
    void clear(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            places[i] = {.iov_base = bytes.data() + i * longest, .iov_len = longest};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &senders[i];
            messages[i].msg_hdr.msg_namelen = sizeof senders[i];
            messages[i].msg_hdr.msg_iov = &places[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
    }
};

void write_out(Datagrams& datagrams, std::size_t count, std::string& records) {
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t const size = datagrams.messages[i].msg_len;
        records.append(datagrams.bytes.data() + i * longest, size);
        if (size == 0 || records.back() != '\n') {
            records += '\n';
        }
    }
    bench::write_out(records);
}

[[noreturn]] void serve(int socket) {
    Datagrams datagrams;
    std::string records;
    std::string ack(bench::acknowledgements(1));
    iovec answer{.iov_base = ack.data(), .iov_len = ack.size()};
    for (;;) {
        int const count =
            ::recvmmsg(socket, datagrams.messages.data(), batch, MSG_DONTWAIT, nullptr);
        if (count <= 0) {
            pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
            ::poll(&readable, 1, -1);
            continue;
        }
        write_out(datagrams, static_cast<std::size_t>(count), records);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            datagrams.messages[i].msg_hdr.msg_iov = &answer;
        }
        ::sendmmsg(socket, datagrams.messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
        datagrams.clear(static_cast<std::size_t>(count));
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s ADDRESS > FILE\n", argv[0]);
        return 2;
    }
    int const socket = bench::listen_at(bench::Address::of(argv[1]));
    bench::announce();
    serve(socket);
}
