// A report's intervals as lines of fields.
#include "report/report_csv.hpp"

#include <fmt/format.h>

namespace roger {

namespace {

/// A field is empty where too few messages were acked for the figure.
std::string line_for(Interval const& interval) {
    std::string line = fmt::format("{},{},{},{},{},{}", interval.begin_s, interval.length_s,
                                   interval.clients, interval.acked, interval.failed,
                                   static_cast<double>(interval.acked) / interval.length_s);
    Histogram response;
    response.add(interval.response);
    if (response.empty()) {
        return line + ",,,,,\r\n";
    }
    line += fmt::format(",{:.1f}", response.mean_us());
    for (double const percent : {50.0, 90.0, 99.0}) {
        line += response.resolves(percent) ? fmt::format(",{}", response.percentile_us(percent))
                                           : std::string(",");
    }
    return line + fmt::format(",{}\r\n", response.max_us());
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
