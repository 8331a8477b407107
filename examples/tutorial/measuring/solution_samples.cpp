// The same waiting times, ten tests of 1,000 messages each: how far do their percentiles differ?
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

int main() {
    std::mt19937 random(12);
    std::exponential_distribution<double> waiting_time(1.0);  // 1 ms in the mean
    std::vector<double> p50;
    std::vector<double> p999;
    for (int test = 0; test < 10; ++test) {
        std::vector<double> times(1000);
        std::generate(times.begin(), times.end(), [&] { return waiting_time(random); });
        std::sort(times.begin(), times.end());
        p50.push_back(times[499]);
        p999.push_back(times[998]);
    }
    auto const print = [](char const* name, std::vector<double> const& values, double truth) {
        auto const [least, most] = std::minmax_element(values.begin(), values.end());
        std::printf("%-6s in truth %.2f ms, found from %.2f to %.2f ms\n", name, truth, *least,
                    *most);
    };
    print("p50", p50, std::log(2));
    print("p99.9", p999, std::log(1000));
}
