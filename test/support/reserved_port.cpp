// Bound, and not listened on.
#include "support/reserved_port.hpp"

#include <cerrno>
#include <random>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace roger::test {

ReservedPort::ReservedPort() {
    static std::mt19937 random{std::random_device{}()};
    while (!bound_) {
        number_ = std::uniform_int_distribution<std::uint16_t>(10'000, 32'000)(random);
        Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(number_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // Not before: it would let two tests have one port.
        if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
            int const yes = 1;
            if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) {
                throw Failure("setsockopt: " + errno_text(errno));
            }
            bound_ = std::move(socket);
        } else if (errno != EADDRINUSE) {
            throw Failure("bind: " + errno_text(errno));
        }
    }
}

}  // namespace roger::test
