// The rate that was asked for, stage by stage.
#include "report/asked_level.hpp"

#include "program/units.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace roger {

namespace {

std::vector<AskedStage> stages_of(Asked const& asked, double end_s) {
    if (!asked.rate || !asked.stages.empty()) {
        return asked.stages;
    }
    return {{.from_per_s = *asked.rate, .to_per_s = *asked.rate, .length_s = end_s}};
}

}  // namespace

std::optional<Level> asked_level(Asked const& asked, double end_s) {
    Level level;
    double begin_s = 0;
    double last = 0;
    for (AskedStage const& stage : stages_of(asked, end_s)) {
        double const length_s = std::min(stage.length_s, end_s - begin_s);
        if (length_s <= 0) {
            break;
        }
        last = std::lerp(stage.from_per_s, stage.to_per_s, length_s / stage.length_s);
        level.points.push_back({.x = begin_s, .y = stage.from_per_s});
        level.points.push_back({.x = begin_s + length_s, .y = last});
        begin_s += length_s;
    }
    if (level.points.empty()) {
        return std::nullopt;
    }
    level.label = "asked " + rate_text(last);
    return level;
}

}  // namespace roger
