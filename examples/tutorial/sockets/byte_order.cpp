// How a port number lies in memory: as this machine keeps it, and as the network sends it.
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <netinet/in.h>

void print_bytes(char const* title, std::uint16_t number) {
    unsigned char bytes[2];
    std::memcpy(bytes, &number, sizeof bytes);
    std::printf("%-10s %02x %02x\n", title, bytes[0], bytes[1]);
}

int main() {
    std::uint16_t const port = 51717;  // 0xca05
    print_bytes("host", port);
    print_bytes("network", htons(port));
}
