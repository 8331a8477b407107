// Intervals as lines of fields.
#include "report/report_csv.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

namespace roger {

TEST_CASE("A line of CSV is an interval, with the figures that its messages suffice for",
          "[load]") {
    Histogram hundred;
    for (int message = 1; message <= 100; ++message) {
        hundred.record(std::chrono::microseconds(message));
    }
    Histogram three;
    for (int message = 1; message <= 3; ++message) {
        three.record(std::chrono::microseconds(message));
    }
    Report report;
    report.intervals = {
        {.begin_s = 0,
         .length_s = 0.5,
         .acked = 100,
         .failed = 0,
         .clients = 7,
         .response = hundred.buckets()},
        {.begin_s = 0.5,
         .length_s = 0.5,
         .acked = 3,
         .failed = 1,
         .clients = 7,
         .response = three.buckets()},
        {.begin_s = 1, .length_s = 0.25, .acked = 0, .failed = 2, .clients = 6, .response = {}}};
    CHECK(
        to_csv(report) ==
        "begin_s,length_s,clients,acked,failed,acked_per_s,mean_us,p50_us,p90_us,p99_us,max_us\r\n"
        "0,0.5,7,100,0,200,50.5,50,90,99,100\r\n"
        "0.5,0.5,7,3,1,6,2.0,2,,,3\r\n"
        "1,0.25,6,0,2,0,,,,,\r\n");
}

}  // namespace roger
