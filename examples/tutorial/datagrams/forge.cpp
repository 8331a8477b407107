// Sends a datagram in the name of another port of this machine. For root: a raw socket sends a UDP
// header that we have written ourselves.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

int main(int argc, char* argv[]) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: forge FROM_PORT TO_PORT MESSAGE\n");
        return 2;
    }
    std::string packet(sizeof(udphdr), '\0');
    packet += argv[3];
    // [header]
    udphdr header{};
    header.source = htons(static_cast<in_port_t>(std::atoi(argv[1])));
    header.dest = htons(static_cast<in_port_t>(std::atoi(argv[2])));
    header.len = htons(static_cast<uint16_t>(packet.size()));
    header.check = 0;  // none: over IPv4 that is allowed
    packet.replace(0, sizeof header, reinterpret_cast<char const*>(&header), sizeof header);

    int const raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
    // [/header]
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (raw < 0 || sendto(raw, packet.data(), packet.size(), 0,
                          reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        std::perror("forge");
        return 1;
    }
}
