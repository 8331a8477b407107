// The line and its removal.
#include "load/live_line.hpp"

#include "program/columns.hpp"
#include "program/units.hpp"
#include "report/page_figures.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace roger {

namespace {

/// Failure does not matter: it is only for a person who watches.
void write_all(std::string_view text) {
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t terminal_width() {
    winsize size{};
    constexpr std::size_t usual = 80;
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

std::string progress(LoadSettings const& settings, Interval const& interval) {
    double const passed = interval.begin_s + interval.length_s;
    if (interval.begin_s < 0) {
        return "warming up";
    }
    std::string text = short_duration_text(passed * 1e6);
    if (settings.duration && !settings.messages) {
        text += " of " + short_duration_text(static_cast<double>(settings.duration->count()) * 1e3);
    }
    return text;
}

}  // namespace

std::string progress_text(std::string const& title, LoadSettings const& settings,
                          std::optional<Interval> const& latest, std::size_t columns) {
    std::string line = title;
    if (latest) {
        Histogram response;
        response.add(latest->response);
        line += fmt::format("{}  {}  {}  p50 {}  p99 {}  {} failed", progress(settings, *latest),
                            count_text(latest->clients, "client"),
                            rate_text(static_cast<double>(latest->acked) / latest->length_s),
                            percentile_text(response, 50, "-"), percentile_text(response, 99, "-"),
                            latest->failed);
    } else {
        line += "connecting";
    }
    return cut_to_columns(std::move(line), columns);
}

LiveLine::LiveLine() : on_(::isatty(STDERR_FILENO) == 1) {}

LiveLine::~LiveLine() {
    clear();
}

void LiveLine::show(std::string const& title, LoadSettings const& settings,
                    std::optional<Interval> const& latest) {
    if (!on_) {
        return;
    }
    write_all("\r\x1b[K" + progress_text(title, settings, latest, terminal_width() - 1));
    shown_ = true;
}

void LiveLine::clear() {
    if (shown_) {
        write_all("\r\x1b[K");
        shown_ = false;
    }
}

}  // namespace roger
