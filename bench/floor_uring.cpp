// The floor of io_uring: what floor_server does over TCP and Unix streams, with one multishot
// receive for each client into buffers that the kernel chooses, and all acknowledgements of a
// round submitted together. Ends with a sentence where the kernel does not allow io_uring.
//
//     floor_uring ADDRESS > FILE

#include "loopback.hpp"
#include "records.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <liburing.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

struct Client {
    int socket;
    std::string unfinished;
    std::size_t acks = 0;
};

void check(int result, char const* what) {
    if (result < 0) {
        errno = -result;
        bench::give_up(what);
    }
}

/// The memory that the kernel receives into: a ring of buffers that it is lent.
class Buffers {
public:
    explicit Buffers(io_uring& ring) : bytes_(count * size) {
        void* const memory = ::mmap(nullptr, count * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                                    MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
        lent_ = static_cast<io_uring_buf_ring*>(memory);
        io_uring_buf_reg registration{};
        registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
        registration.ring_entries = count;
        registration.bgid = group;
        check(::io_uring_register_buf_ring(&ring, &registration, 0), "io_uring's buffer ring");
        ::io_uring_buf_ring_init(lent_);
        for (unsigned i = 0; i < count; ++i) {
            lend(i);
        }
    }

    [[nodiscard]] char const* at(unsigned buffer) const { return bytes_.data() + buffer * size; }

    void lend(unsigned buffer) {
        ::io_uring_buf_ring_add(lent_, bytes_.data() + buffer * size, size,
                                static_cast<unsigned short>(buffer),
                                ::io_uring_buf_ring_mask(count), 0);
        ::io_uring_buf_ring_advance(lent_, 1);
    }

    static constexpr int group = 0;

private:
    static constexpr unsigned count = 1024;
    static constexpr std::size_t size = 8192;

    std::vector<char> bytes_;
    io_uring_buf_ring* lent_ = nullptr;
};

class Loop {
public:
    explicit Loop(int listener) : ring_(open_ring()), buffers_(ring_), listener_(listener) {
        accept();
    }

    [[noreturn]] void run() {
        for (;;) {
            check(::io_uring_submit_and_wait(&ring_, 1), "io_uring_submit_and_wait");
            unsigned head = 0;
            unsigned count = 0;
            io_uring_cqe* completion = nullptr;
            io_uring_for_each_cqe(&ring_, head, completion) {
                ++count;
                complete(*completion);
            }
            ::io_uring_cq_advance(&ring_, count);
            if (!records_.empty()) {
                bench::write_out(records_);
            }
            for (Client* client : ready_) {
                acknowledge(*client);
            }
            ready_.clear();
        }
    }

private:
    static constexpr unsigned entries = 4096;

    /// With what spares interrupts, where the kernel has it (Linux 6.1).
    static io_uring open_ring() {
        io_uring ring{};
        io_uring_params wanted{};
        wanted.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
        if (::io_uring_queue_init_params(entries, &ring, &wanted) != 0) {
            check(::io_uring_queue_init(entries, &ring, 0), "io_uring");
        }
        return ring;
    }

    io_uring_sqe* next_entry() {
        io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
        if (entry == nullptr) {
            check(::io_uring_submit(&ring_), "io_uring_submit");
            entry = ::io_uring_get_sqe(&ring_);
        }
        return entry;
    }

    void accept() {
        io_uring_sqe* const entry = next_entry();
        ::io_uring_prep_multishot_accept(entry, listener_, nullptr, nullptr, 0);
        ::io_uring_sqe_set_data(entry, &listener_);
    }

    void receive(Client& client) {
        io_uring_sqe* const entry = next_entry();
        ::io_uring_prep_recv_multishot(entry, client.socket, nullptr, 0, 0);
        entry->flags |= IOSQE_BUFFER_SELECT;
        entry->buf_group = Buffers::group;
        ::io_uring_sqe_set_data(entry, &client);
    }

    void complete(io_uring_cqe const& completion) {
        void* const data = ::io_uring_cqe_get_data(&completion);
        bool const ended = (completion.flags & IORING_CQE_F_MORE) == 0;
        if (data == &listener_) {
            if (completion.res >= 0) {
                receive(*new Client{completion.res, {}});
            }
            if (ended) {
                accept();
            }
        } else if (data != nullptr) {  // an acknowledgement that failed has none
            received(*static_cast<Client*>(data), completion, ended);
        }
    }

    void received(Client& client, io_uring_cqe const& completion, bool ended) {
        if (completion.res > 0) {
            unsigned const buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
            bool const was_ready = client.acks > 0;
            client.acks +=
                bench::add_records({buffers_.at(buffer), static_cast<std::size_t>(completion.res)},
                                   client.unfinished, records_);
            buffers_.lend(buffer);
            if (!was_ready && client.acks > 0) {
                ready_.push_back(&client);
            }
        }
        if (completion.res > 0 || completion.res == -ENOBUFS) {
            if (ended) {
                receive(client);
            }
        } else {
            std::erase(ready_, &client);
            ::close(client.socket);
            delete &client;
        }
    }

    void acknowledge(Client& client) {
        auto const acks = bench::acknowledgements(client.acks);
        io_uring_sqe* const entry = next_entry();
        ::io_uring_prep_send(entry, client.socket, acks.data(), acks.size(),
                             MSG_NOSIGNAL | MSG_WAITALL);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
        ::io_uring_sqe_set_data(entry, nullptr);
        client.acks = 0;
    }

    io_uring ring_;
    Buffers buffers_;
    int listener_;
    std::string records_;
    std::vector<Client*> ready_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s ADDRESS > FILE\n", argv[0]);
        return 2;
    }
    bench::allow_many_files();
    std::signal(SIGPIPE, SIG_IGN);
    Loop loop(bench::listen_at(bench::Address::of(argv[1])));
    bench::announce();
    loop.run();
}
