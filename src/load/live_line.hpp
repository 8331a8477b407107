// The progress of a load test: one line on a terminal.
#pragma once

#include "load/settings.hpp"
#include "report/report.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace roger {

/// The line's text, of at most so many columns. `latest` is the last interval that is over.
std::string progress_text(std::string const& title, LoadSettings const& settings,
                          std::optional<Interval> const& latest, std::size_t columns);

/// Overwrites its own line on standard error; gone when the object is. Shows nothing unless
/// standard error is a terminal.
class LiveLine {
public:
    LiveLine();
    ~LiveLine();
    LiveLine(LiveLine const&) = delete;
    LiveLine& operator=(LiveLine const&) = delete;

    /// `latest` is the last interval that is over.
    void show(std::string const& title, LoadSettings const& settings,
              std::optional<Interval> const& latest);
    void clear();

private:
    bool on_;
    bool shown_ = false;
};

}  // namespace roger
