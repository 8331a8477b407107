// What idle clients cost a server: connects CLIENTS of them, then has each send one message, and
// prints, as one line of JSON, the memory that the server has written to since, for each client,
// and the CPU time that it uses while they idle.
//
//     idle_clients ADDRESS SERVER_PID CLIENTS SECONDS [TEXT]

#include "loopback.hpp"
#include "processor_time.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace {

using namespace std::chrono_literals;

/// Private_Dirty of /proc/PID/smaps_rollup, in bytes: proc(5).
double written_memory(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
    for (std::string word; file >> word;) {
        if (word == "Private_Dirty:") {
            double kibibytes = 0;
            file >> kibibytes;
            return kibibytes * 1024;
        }
    }
    bench::give_up("cannot read smaps_rollup");
}

/// The same, once the server has done what it was given to do: connections wait to be accepted.
double settled_memory(pid_t process) {
    double cpu = bench::processor_seconds(process);
    for (int i = 0; i < 100; ++i) {
        std::this_thread::sleep_for(100ms);
        double const before = std::exchange(cpu, bench::processor_seconds(process));
        if (cpu - before < 0.001) {
            break;
        }
    }
    return written_memory(process);
}

void exchange(int socket, std::string const& text) {
    std::string answer(4096, '\0');
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    if (::send(socket, text.data(), text.size(), MSG_NOSIGNAL) < 0 ||
        ::poll(&readable, 1, 5000) != 1 || ::recv(socket, answer.data(), answer.size(), 0) <= 0) {
        bench::give_up("no answer");
    }
}

void run(bench::Address const& address, pid_t server, int clients, double seconds,
         std::string const& text) {
    double const before = settled_memory(server);
    std::vector<int> sockets;
    sockets.reserve(static_cast<std::size_t>(clients));
    for (int i = 0; i < clients; ++i) {
        sockets.push_back(bench::connect_to(address));
    }
    double const connected = (settled_memory(server) - before) / clients;
    for (int const socket : sockets) {
        exchange(socket, text);
    }
    double const used = (settled_memory(server) - before) / clients;
    double const cpu = bench::processor_seconds(server);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    double const idle = bench::processor_seconds(server) - cpu;
    std::printf("{\"idle_bytes\": %.0f, \"used_bytes\": %.0f, \"idle_cpu_ms_per_second\": %.3f}\n",
                connected, used, idle * 1e3 / seconds);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5 || argc > 6) {
        std::fprintf(stderr, "usage: %s ADDRESS SERVER_PID CLIENTS SECONDS [TEXT]\n", argv[0]);
        return 2;
    }
    bench::allow_many_files();
    run(bench::Address::of(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]), std::atof(argv[4]),
        argc == 6 ? argv[5] : "hello\n");
}
