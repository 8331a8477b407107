// The simplest load that keeps a server busy: CLIENTS connections, each with DEPTH messages in
// flight, for SECONDS. Prints, as one line of JSON, exchanges a second, the CPU time per exchange,
// of the server whose process id is given and its own, and response times. Its own CPU time is the
// floor that `load` is measured against.
//
//     exchange_load [OPTIONS] ADDRESS SERVER_PID

#include "closed_loop.hpp"
#include "processor_time.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <getopt.h>
#include <unistd.h>

namespace {

constexpr char usage[] =
    "usage: exchange_load [OPTIONS] ADDRESS SERVER_PID\n"
    "  --clients N     connections, or sockets that send datagrams [1]\n"
    "  --depth N       messages of each that are in flight [1]\n"
    "  --seconds S     how long it measures [1]\n"
    "  --warmup S      how long it runs before that [0.2]\n"
    "  --text TEXT     a message, with what ends it [a line of 24 bytes]; empty: none is sent\n"
    "  --reconnect     a connection for each message\n"
    "  --untimed       no response times\n"
    "ADDRESS is tcp:PORT, udp:PORT or unix:PATH.\n";

struct Options {
    bench::Settings settings;
    double seconds = 1;
    double warmup = 0.2;
    pid_t server = 0;
};

std::size_t count(char const* text) {
    return static_cast<std::size_t>(std::max(1L, std::atol(text)));
}

/// False where they make no sense.
bool read_options(int argc, char** argv, Options& options) {
    constexpr option names[] = {
        {"clients", required_argument, nullptr, 'c'}, {"depth", required_argument, nullptr, 'd'},
        {"seconds", required_argument, nullptr, 's'}, {"warmup", required_argument, nullptr, 'w'},
        {"text", required_argument, nullptr, 't'},    {"reconnect", no_argument, nullptr, 'r'},
        {"untimed", no_argument, nullptr, 'u'},       {}};
    auto& settings = options.settings;
    for (int name = 0; (name = ::getopt_long(argc, argv, "", names, nullptr)) != -1;) {
        switch (name) {
            case 'c':
                settings.clients = count(optarg);
                break;
            case 'd':
                settings.depth = count(optarg);
                break;
            case 's':
                options.seconds = std::atof(optarg);
                break;
            case 'w':
                options.warmup = std::atof(optarg);
                break;
            case 't':
                settings.text = optarg;
                break;
            case 'r':
                settings.reconnect = true;
                break;
            case 'u':
                settings.untimed = true;
                break;
            default:
                return false;
        }
    }
    if (::optind + 2 != argc) {
        return false;
    }
    settings.server = bench::Address::of(argv[::optind]);
    options.server = static_cast<pid_t>(std::atoi(argv[::optind + 1]));
    return true;
}

void run(Options const& options) {
    bench::ClosedLoop loop(options.settings);
    loop.run(std::chrono::duration<double>(options.warmup));
    double const server_before = bench::processor_seconds(options.server);
    double const own_before = bench::processor_seconds(0);
    auto const start = bench::Clock::now();
    loop.run(std::chrono::duration<double>(options.seconds));
    double const seconds = std::chrono::duration<double>(bench::Clock::now() - start).count();
    double const server = bench::processor_seconds(options.server) - server_before;
    double const own = bench::processor_seconds(0) - own_before;
    auto const exchanges = static_cast<double>(loop.exchanges());
    if (exchanges == 0) {
        std::fprintf(stderr, "exchange_load: no answer in %.1f s\n", seconds);
        std::exit(1);
    }
    std::printf(
        "{\"exchanges\": %.0f, \"seconds\": %.4f, \"rate\": %.1f, \"cpu_us\": %.4f, "
        "\"server_busy\": %.4f, \"generator_cpu_us\": %.4f, \"generator_busy\": %.4f, "
        "\"p50_us\": %.2f, \"p99_us\": %.2f, \"resent\": %zu}\n",
        exchanges, seconds, exchanges / seconds, server * 1e6 / exchanges, server / seconds,
        own * 1e6 / exchanges, own / seconds, loop.response_time(50), loop.response_time(99),
        loop.resent());
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) {
        std::fputs(usage, stderr);
        return 2;
    }
    bench::allow_many_files();
    run(options);
}
