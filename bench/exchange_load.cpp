// The simplest load that keeps a line server busy: CLIENTS connections, each with DEPTH messages
// of 24 bytes in flight, for SECONDS. Prints exchanges a second and the CPU time per exchange, of
// the server whose process id is given and its own: the floor that load is measured against.
//
//     exchange_load PORT CLIENTS DEPTH SECONDS SERVER_PID

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr char const message[] = "message of 24 bytes, ok\n";

struct Arguments {
    std::uint16_t port;
    int clients;
    int depth;
    int seconds;
    int server;
};

int connect_to(std::uint16_t port) {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("exchange_load");
        std::exit(1);
    }
    return socket;
}

void say(int socket, std::size_t times) {
    static std::string const said = [] {
        std::string all;
        for (int i = 0; i < 4096; ++i) {
            all += message;
        }
        return all;
    }();
    std::size_t const size = times * (sizeof message - 1);
    if (::send(socket, said.data(), size, 0) != static_cast<ssize_t>(size)) {
        std::perror("exchange_load: send");
        std::exit(1);
    }
}

/// Answers that one read brings: its newlines.
std::size_t hear(int socket) {
    static std::array<char, 1 << 18> buffer;
    ssize_t const size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
        std::fprintf(stderr, "exchange_load: the server closed\n");
        std::exit(1);
    }
    std::size_t answers = 0;
    for (ssize_t i = 0; i < size; ++i) {
        answers += buffer[static_cast<std::size_t>(i)] == '\n' ? 1 : 0;
    }
    return answers;
}

/// User and system time of a process so far, in seconds: proc(5).
double cpu_seconds(int process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
        fields >> skipped;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double own_cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void run(Arguments const& arguments) {
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < arguments.clients; ++i) {
        int const socket = connect_to(arguments.port);
        epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
        say(socket, static_cast<std::size_t>(arguments.depth));
    }
    std::array<epoll_event, 256> events;
    std::size_t exchanges = 0;
    double const cpu_before = cpu_seconds(arguments.server);
    double const own_before = own_cpu_seconds();
    auto const start = Clock::now();
    auto const end = start + std::chrono::seconds(arguments.seconds);
    while (Clock::now() < end) {
        int const count = ::epoll_wait(epoll, events.data(), events.size(), 1000);
        for (int i = 0; i < count; ++i) {
            int const socket = events[static_cast<std::size_t>(i)].data.fd;
            std::size_t const answers = hear(socket);
            exchanges += answers;
            say(socket, answers);
        }
    }
    double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
    double const cpu = cpu_seconds(arguments.server) - cpu_before;
    double const own = own_cpu_seconds() - own_before;
    auto const number = static_cast<double>(exchanges);
    std::printf("%.0f exchanges/s, %.3f us of server CPU each, %.3f us of its own\n",
                number / seconds, cpu * 1e6 / number, own * 1e6 / number);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(stderr, "usage: %s PORT CLIENTS DEPTH SECONDS SERVER_PID\n", argv[0]);
        return 2;
    }
    run({static_cast<std::uint16_t>(std::atoi(argv[1])), std::atoi(argv[2]), std::atoi(argv[3]),
         std::atoi(argv[4]), std::atoi(argv[5])});
}
