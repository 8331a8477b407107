// Reads numbers, and prints their mean and some percentiles.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <numeric>
#include <vector>

// The smallest of the sorted values that so many percent of them do not exceed.
double percentile(std::vector<double> const& sorted, double percent) {
    auto const rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

int main() {
    std::vector<double> values(std::istream_iterator<double>(std::cin), {});
    if (values.empty()) {
        std::fputs("percentiles: no numbers\n", stderr);
        return 1;
    }
    std::sort(values.begin(), values.end());
    double const sum = std::accumulate(values.begin(), values.end(), 0.0);
    std::printf("mean %.1f  p50 %.1f  p90 %.1f  p99 %.1f  max %.1f\n",
                sum / static_cast<double>(values.size()), percentile(values, 50),
                percentile(values, 90), percentile(values, 99), values.back());
}
