// A report's intervals as lines of fields.
#include "report/report_csv.hpp"

#include <fmt/format.h>

namespace roger {

namespace {

std::string line_for(Interval const& interval) {
    std::string line = fmt::format("{},{},{},{},{},{}", interval.begin_s, interval.length_s,
                                   interval.clients, interval.acked, interval.failed,
                                   static_cast<double>(interval.acked) / interval.length_s);
    Histogram response;
    response.add(interval.response);
    if (response.empty()) {
        return line + ",,,,,\r\n";
    }
    return line + fmt::format(",{:.1f},{},{},{},{}\r\n", response.mean_us(),
                              response.percentile_us(50), response.percentile_us(90),
                              response.percentile_us(99), response.max_us());
}

}  // namespace

std::string to_csv(Report const& report) {
    std::string text =
        "begin_s,length_s,clients,acked,failed,acked_per_s,mean_us,p50_us,p90_us,p99_us,max_us\r\n";
    for (Interval const& interval : report.intervals) {
        text += line_for(interval);
    }
    return text;
}

}  // namespace roger
