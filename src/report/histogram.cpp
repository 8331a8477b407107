// Durations in the buckets of an HdrHistogram.
#include "report/histogram.hpp"

#include <hdr/hdr_histogram.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace roger {

namespace {

constexpr std::int64_t lowest_us = 1;
constexpr std::int64_t highest_us = 3'600'000'000;
constexpr int significant_digits = 3;

hdr_histogram* make_histogram() {
    hdr_histogram* histogram = nullptr;
    if (hdr_init(lowest_us, highest_us, significant_digits, &histogram) != 0) {
        throw std::bad_alloc();
    }
    return histogram;
}

}  // namespace

void Histogram::Close::operator()(hdr_histogram* histogram) const {
    hdr_close(histogram);
}

Histogram::Histogram() : histogram_(make_histogram()) {}
Histogram::~Histogram() = default;
Histogram::Histogram(Histogram&&) noexcept = default;
Histogram& Histogram::operator=(Histogram&&) noexcept = default;

Histogram::Histogram(Histogram const& other) : Histogram() {
    add(other);
}

Histogram& Histogram::operator=(Histogram const& other) {
    return *this = Histogram(other);
}

void Histogram::record(std::chrono::nanoseconds duration) {
    std::int64_t const us = (duration.count() + 500) / 1000;
    hdr_record_value(histogram_.get(), std::clamp<std::int64_t>(us, 0, highest_us));
}

void Histogram::add(Bucket const& bucket) {
    hdr_record_values(histogram_.get(), std::clamp<std::int64_t>(bucket.value_us, 0, highest_us),
                      bucket.count);
}

void Histogram::add(std::span<Bucket const> buckets) {
    for (Bucket const& bucket : buckets) {
        add(bucket);
    }
}

double rank_of(double percent, double all) {
    constexpr double rounding = 1e-12;
    return std::max(1.0, std::ceil(all * percent / 100 * (1 - rounding)));
}

void Histogram::add(Histogram const& other) {
    hdr_add(histogram_.get(), other.histogram_.get());
}

void Histogram::clear() {
    hdr_reset(histogram_.get());
}

std::int64_t Histogram::count() const {
    return histogram_->total_count;
}

double Histogram::mean_us() const {
    return empty() ? 0 : hdr_mean(histogram_.get());
}

double Histogram::standard_deviation_us() const {
    return empty() ? 0 : hdr_stddev(histogram_.get());
}

std::int64_t Histogram::min_us() const {
    return empty() ? 0 : hdr_min(histogram_.get());
}

std::int64_t Histogram::max_us() const {
    return empty() ? 0 : hdr_max(histogram_.get());
}

std::int64_t Histogram::percentile_us(double percent) const {
    if (empty()) {
        return 0;
    }
    // HdrHistogram rounds the rank: with 160 values and 2 slow ones its p99 would be a quick one.
    constexpr double well_inside = 0.25;
    auto const all = static_cast<double>(count());
    return hdr_value_at_percentile(histogram_.get(),
                                   100 * (rank_of(percent, all) - well_inside) / all);
}

std::int64_t Histogram::count_to(double value_us) const {
    std::int64_t sum = 0;
    for (Bucket const& bucket : buckets()) {
        sum += static_cast<double>(bucket.value_us) <= value_us ? bucket.count : 0;
    }
    return sum;
}

bool Histogram::resolves(double percent) const {
    constexpr double rounding = 1e-9;
    double const above = static_cast<double>(count()) * (100 - percent) / 100;
    return percent == 100 ? !empty() : above >= 1 - rounding || (percent <= 50 && !empty());
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> recorded;
    hdr_iter iterator;
    hdr_iter_recorded_init(&iterator, histogram_.get());
    while (hdr_iter_next(&iterator)) {
        recorded.push_back({iterator.lowest_equivalent_value, iterator.count});
    }
    return recorded;
}

std::string Histogram::percentile_text() const {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* const file = ::open_memstream(&text, &size);
    if (file == nullptr) {
        throw std::bad_alloc();
    }
    constexpr int steps_per_half = 5;
    constexpr double us_per_ms = 1000;
    hdr_percentiles_print(histogram_.get(), file, steps_per_half, us_per_ms, CLASSIC);
    std::fclose(file);
    std::string const printed(text, size);
    std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): open_memstream(3)'s own
    return printed;
}

}  // namespace roger
