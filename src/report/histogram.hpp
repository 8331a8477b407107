// Durations of one kind, counted in the buckets of an HdrHistogram: 3 significant digits from 1 µs
// to 1 h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct hdr_histogram;  // NOLINT(readability-identifier-naming): the library's

namespace roger {

/// Which of `all` values in ascending order, counted from 1, is the percentile: the first that
/// `percent` of them are not above.
double rank_of(double percent, double all);

class Histogram {
public:
    /// One bucket that is not empty: any value of it, in µs, and how many were recorded in it.
    struct Bucket {
        std::int64_t value_us;
        std::int64_t count;
        bool operator==(Bucket const&) const = default;
    };

    Histogram();
    ~Histogram();
    Histogram(Histogram const& other);
    Histogram& operator=(Histogram const& other);
    Histogram(Histogram&&) noexcept;
    Histogram& operator=(Histogram&&) noexcept;

    /// Rounded to the nearest microsecond; what is longer than an hour counts as an hour. Allocates
    /// nothing.
    void record(std::chrono::nanoseconds duration);
    void add(Bucket const& bucket);
    void add(std::span<Bucket const> buckets);
    void add(Histogram const& other);
    void clear();

    [[nodiscard]] std::int64_t count() const;
    [[nodiscard]] bool empty() const { return count() == 0; }

    // In microseconds; 0 where nothing was recorded.
    [[nodiscard]] double mean_us() const;
    [[nodiscard]] double standard_deviation_us() const;
    [[nodiscard]] std::int64_t min_us() const;
    [[nodiscard]] std::int64_t max_us() const;
    /// The value that `percent` of all are not above, as its bucket's highest; of 100 the maximum.
    [[nodiscard]] std::int64_t percentile_us(double percent) const;
    /// How many are not above that value, by their buckets.
    [[nodiscard]] std::int64_t count_to(double value_us) const;
    /// Whether enough was recorded for that percentile to be another thing than the maximum: p99
    /// takes a hundred.
    [[nodiscard]] bool resolves(double percent) const;

    /// In ascending order. A histogram to which they are added equals this one.
    [[nodiscard]] std::vector<Bucket> buckets() const;

    /// HdrHistogram's percentile text, values in milliseconds: what its plotters read.
    [[nodiscard]] std::string percentile_text() const;

    bool operator==(Histogram const& other) const { return buckets() == other.buckets(); }

private:
    struct Close {
        void operator()(hdr_histogram* histogram) const;
    };
    std::unique_ptr<hdr_histogram, Close> histogram_;
};

}  // namespace roger
