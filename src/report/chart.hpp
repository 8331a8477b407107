// A line chart, drawn as SVG inside a page.
#pragma once

#include "report/axis.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roger {

struct ChartPoint {
    double x;
    std::optional<double> y;  ///< nothing: the line is broken here
    bool dot = false;         ///< one that stands alone has a dot in any case
};

/// What a line looks like. The page's style gives each a colour distinct from the others.
enum class Ink : std::uint8_t { first, second, third, failure };

struct Line {
    std::string name = {};  ///< in the legend, which a line alone does without
    Ink ink = Ink::first;
    std::vector<ChartPoint> points = {};  ///< by ascending x
    bool filled = false;                  ///< down to the axis
};

/// A dashed line to hold the others against, which ends at the right edge.
struct Level {
    std::vector<ChartPoint> points = {};  ///< one at least, without breaks
    std::string label = {};               ///< above its end
};

/// Parts of the x axis without data for a line: shaded, lest they be overlooked.
struct Gaps {
    struct Span {
        double begin;
        double end;
    };
    std::string name = {};  ///< in the legend
    std::vector<Span> spans = {};
};

/// A part of the x axis that shows its values when it is pointed at.
struct Band {
    double begin;
    double end;
    std::string text;  ///< may have several lines
};

/// Its texts are plain: drawing escapes them.
struct Chart {
    std::string id;  ///< no other of the page has it: lower-case letters and dashes
    std::string title;
    std::string note = {};  ///< a quiet addition to the title
    std::string description =
        {};  ///< for those who cannot see it: what it shows, in a sentence or two
    Axis x = {};
    Axis y = {};
    std::vector<Line> lines = {};  ///< the first lies on top
    std::vector<Band> bands = {};
    Gaps gaps = {};
    std::optional<Level> level = {};
    int height = 240;  ///< of the plot, in CSS pixels
};

/// A <figure>: title, legend, and an <svg> as wide as the page lets it be, in which text and lines
/// keep their size. Colours and typefaces are page_style's. It is valid XML as well.
std::string to_html(Chart const& chart);

}  // namespace roger
