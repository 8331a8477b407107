// What it costs two threads to count in one place, in four ways that all count right.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <latch>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

using Counts = std::array<long, 256>;

std::size_t index_of(char character) {
    return static_cast<unsigned char>(character);
}

struct OwnCounts {
    std::mutex mutex;
    Counts counts{};
    void add(Counts& own, std::string_view record) {
        for (char const character : record) {
            ++own[index_of(character)];
        }
    }
    void end(Counts const& own) {
        std::lock_guard const lock(mutex);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            counts[i] += own[i];
        }
    }
};

// Counts a record for itself, and adds the sums to those of all.
struct LockToAdd : OwnCounts {
    void add(Counts&, std::string_view record) {
        Counts sums{};
        OwnCounts::add(sums, record);
        end(sums);
    }
};

struct Atomic {
    std::array<std::atomic<long>, 256> counts{};
    void add(Counts&, std::string_view record) {
        for (char const character : record) {
            counts[index_of(character)].fetch_add(1, std::memory_order_relaxed);
        }
    }
    void end(Counts const&) {}
};

struct LockEachTime : OwnCounts {
    void add(Counts&, std::string_view record) {
        for (char const character : record) {
            std::lock_guard const lock(mutex);
            ++counts[index_of(character)];
        }
    }
};

template <typename Way>
void measure(char const* name) {
    constexpr int records = 200;
    std::string record;
    while (record.size() < 60'000) {
        record += "the quick brown fox jumps over the lazy dog\n";
    }
    Way way;
    std::latch both(2);
    auto const count = [&] {
        both.arrive_and_wait();
        Counts own{};
        for (int i = 0; i < records; ++i) {
            way.add(own, record);
        }
        way.end(own);
    };
    auto const start = std::chrono::steady_clock::now();
    std::clock_t const processor = std::clock();
    std::jthread other(count);
    count();
    other.join();
    double const used = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
    long total = 0;
    for (long const each : way.counts) {
        total += each;
    }
    double const characters = 2.0 * records * static_cast<double>(record.size());
    std::printf("%-35s %ld  %8.1f ms  %6.1f ns of CPU per character\n", name, total,
                1e3 * took.count(), 1e9 * used / characters);
}

int main() {
    measure<OwnCounts>("counts of its own, added at the end");
    measure<LockToAdd>("a lock to add each record's sums");
    measure<Atomic>("an atomic number for each character");
    measure<LockEachTime>("a lock for each character");
}
