// What idle clients cost a server: connects CLIENTS of them, each says one message, and prints the
// memory that the server has written to since, for each, and the CPU time that it uses while
// they idle for five seconds.
//
//     idle_clients PORT CLIENTS SERVER_PID

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view message = "hello\n";

[[noreturn]] void give_up(char const* what) {
    std::perror(what);
    std::exit(1);
}

int connect_to(std::uint16_t port) {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        give_up("idle_clients: connect");
    }
    return socket;
}

/// Private_Dirty of /proc/PID/smaps_rollup, in bytes: proc(5).
double written_memory(std::string const& process) {
    std::ifstream file("/proc/" + process + "/smaps_rollup");
    for (std::string word; file >> word;) {
        if (word == "Private_Dirty:") {
            double kibibytes = 0;
            file >> kibibytes;
            return kibibytes * 1024;
        }
    }
    give_up("idle_clients: smaps_rollup");
}

/// Ticks of user and system time so far: proc(5).
long cpu_ticks(std::string const& process) {
    std::ifstream file("/proc/" + process + "/stat");
    std::string const text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
        fields >> skipped;
    }
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return user + system;
}

void run(std::uint16_t port, int clients, std::string const& server) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);

    double const before = written_memory(server);
    std::vector<int> sockets;
    std::array<char, 64> answer;
    for (int i = 0; i < clients; ++i) {
        sockets.push_back(connect_to(port));
        if (::send(sockets.back(), message.data(), message.size(), 0) < 0 ||
            ::recv(sockets.back(), answer.data(), answer.size(), 0) <= 0) {
            give_up("idle_clients: exchange");
        }
    }
    double const each = (written_memory(server) - before) / clients;
    long const ticks = cpu_ticks(server);
    std::this_thread::sleep_for(std::chrono::seconds(5));
    std::printf("%d clients: %.0f bytes each, %ld ticks of CPU in 5 idle seconds\n", clients, each,
                cpu_ticks(server) - ticks);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s PORT CLIENTS SERVER_PID\n", argv[0]);
        return 2;
    }
    run(static_cast<std::uint16_t>(std::atoi(argv[1])), std::atoi(argv[2]), argv[3]);
}
