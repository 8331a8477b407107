// How long a write() to standard output takes, on its file system and beside so many busy threads:
// what the bound of WriteLatency was chosen by.
//
//     write_times [--busy N] [--seconds S] BYTES... > FILE
//
// Prints to standard error, for each size, how long a write took, and how many took 2 ms or more:
// all of them, and those in which the thread waited for something else than a processor.
#include <hdr/hdr_histogram.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <getopt.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using Histogram = std::unique_ptr<hdr_histogram, decltype(&hdr_close)>;

constexpr std::int64_t slow_ns = 2'000'000;
constexpr off_t most_written = 1 << 30;  // then the file is truncated: the disk is not to be full

struct Options {
    int busy = 0;
    double seconds = 5;
};

Histogram make_histogram() {
    hdr_histogram* histogram = nullptr;
    if (hdr_init(1, 60'000'000'000, 3, &histogram) != 0) {
        std::fprintf(stderr, "write_times: no memory\n");
        std::exit(1);
    }
    return {histogram, &hdr_close};
}

long voluntary_switches() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

void write_whole(std::string const& block) {
    if (::write(STDOUT_FILENO, block.data(), block.size()) != static_cast<ssize_t>(block.size())) {
        std::perror("write_times: standard output");
        std::exit(1);
    }
}

void measure(std::size_t bytes, double seconds) {
    std::string const block(bytes, 'x');
    Histogram const times = make_histogram();
    int slow = 0;
    int waited = 0;
    auto const end = Clock::now() + std::chrono::duration<double>(seconds);
    for (off_t written = 0; Clock::now() < end; written += static_cast<off_t>(bytes)) {
        if (written > most_written) {
            written = 0;
            std::ignore = ::ftruncate(STDOUT_FILENO, 0);
            ::lseek(STDOUT_FILENO, 0, SEEK_SET);
        }
        long const switches = voluntary_switches();
        auto const start = Clock::now();
        write_whole(block);
        std::int64_t const took = std::chrono::nanoseconds(Clock::now() - start).count();
        hdr_record_value(times.get(), took);
        bool const is_slow = took >= slow_ns;
        slow += is_slow ? 1 : 0;
        waited += is_slow && voluntary_switches() != switches ? 1 : 0;
    }
    auto const us = [&times](double percentile) {
        return static_cast<double>(hdr_value_at_percentile(times.get(), percentile)) / 1000;
    };
    std::fprintf(stderr,
                 "%zu bytes: p50 %.1f us, p99 %.1f us, p99.9 %.1f us, longest %.1f us; "
                 "%d took 2 ms or more, %d of them waited\n",
                 bytes, us(50), us(99), us(99.9), us(100), slow, waited);
}

}  // namespace

int main(int argc, char** argv) {
    constexpr option names[] = {{"busy", required_argument, nullptr, 'b'},
                                {"seconds", required_argument, nullptr, 's'},
                                {}};
    Options options;
    for (int name = 0; (name = ::getopt_long(argc, argv, "", names, nullptr)) != -1;) {
        if (name == 'b') {
            options.busy = std::atoi(optarg);
        } else if (name == 's') {
            options.seconds = std::atof(optarg);
        }
    }
    if (::optind == argc || options.seconds <= 0) {
        std::fprintf(stderr, "usage: write_times [--busy N] [--seconds S] BYTES... > FILE\n");
        return 2;
    }
    std::atomic<bool> ended = false;
    std::vector<std::jthread> busy;
    for (int i = 0; i < options.busy; ++i) {
        busy.emplace_back([&ended] {
            while (!ended) {
            }
        });
    }
    for (int i = ::optind; i != argc; ++i) {
        measure(static_cast<std::size_t>(std::max(1L, std::atol(argv[i]))), options.seconds);
    }
    ended = true;
}
