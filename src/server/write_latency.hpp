// Whether an output that cannot say that it would block is quick enough for an event loop.
#pragma once

#include <chrono>
#include <ctime>

#include <sys/resource.h>

namespace roger {

/// A write to a file takes next to no time while the system has memory for it, and any length of
/// time when it has not, or on a network. After one slow write the latency counts as high until
/// many in a row were quick.
///
/// A write that waited for nothing but a processor says nothing about the file: it is the machine
/// that is busy. One that used the processor for all that time does: a file system compresses or
/// encrypts, or the kernel looks for memory. To tell them apart costs as much as a short write. So
/// the first slow write counts whatever it was, and only those within a second after one are
/// observed.
class WriteLatency {
public:
    using Clock = std::chrono::steady_clock;
    using Duration = Clock::duration;

    /// Longer than a megabyte takes that only has to be copied, and short for whoever waits
    /// meanwhile.
    static constexpr std::chrono::milliseconds high{2};
    static constexpr unsigned enough_quick_ones = 100;

    static constexpr std::chrono::seconds observation_time{1};

    [[nodiscard]] bool is_low() const { return quick_ones_ >= enough_quick_ones; }

    /// Makes a write, and adds how long it took. Returns what that returns.
    template <typename Write>
    auto measure(Write write) {
        auto const begin = Clock::now();
        bool const observed = begin < observed_until_;
        Spent const before = observed ? Spent::by_now() : Spent{};
        auto const result = write();
        auto const end = Clock::now();
        bool const slow = end - begin >= high;
        if (slow) {
            observed_until_ = end + observation_time;
        }
        if (!slow || !observed || Spent::by_now().tells_of_file(before)) {
            add(end - begin);
        }
        return result;
    }

    /// A write was done, which took so long.
    void add(Duration taken) {
        if (taken >= high) {
            quick_ones_ = 0;
        } else if (!is_low()) {
            ++quick_ones_;
        }
    }

private:
    /// What this thread has done so far.
    struct Spent {
        long waits = 0;  ///< for anything but a processor
        std::chrono::nanoseconds cpu{};

        /// The CPU time of getrusage(2) is no younger than the scheduler's last tick: some of it
        /// would be what was used before the write.
        static Spent by_now() {
            rusage usage{};
            ::getrusage(RUSAGE_THREAD, &usage);
            timespec used{};
            ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
            return {
                .waits = usage.ru_nvcsw,
                .cpu = std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec)};
        }

        [[nodiscard]] bool tells_of_file(Spent const& before) const {
            return waits != before.waits || cpu - before.cpu >= high;
        }
    };

    unsigned quick_ones_ = enough_quick_ones;
    Clock::time_point observed_until_{};
};

}  // namespace roger
