// The addresses of a name, in the order in which a client should try them.
#include <cstdio>

#include <arpa/inet.h>
#include <netdb.h>

int main(int argc, char* argv[]) {
    char const* const name = argc > 1 ? argv[1] : "localhost";
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* addresses = nullptr;
    if (int const error = getaddrinfo(name, "51717", &hints, &addresses)) {
        std::fprintf(stderr, "%s: %s\n", name, gai_strerror(error));
        return 1;
    }
    for (addrinfo const* address = addresses; address; address = address->ai_next) {
        char host[NI_MAXHOST];
        char port[NI_MAXSERV];
        getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
        std::printf("%s, port %s\n", host, port);
    }
    freeaddrinfo(addresses);
}
