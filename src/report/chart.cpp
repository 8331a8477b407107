// A line chart, drawn as SVG inside a page.
//
// An <svg> without a viewBox holds the texts, placed in percent of its width. Another inside it
// holds the lines: its viewBox is stretched to that width, and vector-effect keeps the strokes as
// they are. So a chart fits a phone as well as paper, without a script.
#include "report/chart.hpp"

#include "program/columns.hpp"
#include "report/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>

namespace roger {

namespace {

/// The viewBox's; its height is the chart's, in CSS pixels.
constexpr double chart_width = 1000;

/// Room for labels beside the plot, so that charts below each other are aligned.
constexpr std::size_t usual_letters = 8;

/// Of the labels below the plot, in CSS pixels.
constexpr int label_height = 30;

constexpr std::array<std::string_view, 4> ink_classes = {"first", "second", "third", "failure"};

std::string_view class_of(Ink ink) {
    return ink_classes[static_cast<std::size_t>(ink)];
}

using Piece = std::span<ChartPoint const>;

/// The parts of a line between its breaks.
std::vector<Piece> pieces(Piece points) {
    std::vector<Piece> all;
    auto const is_break = [](ChartPoint const& point) { return !point.y.has_value(); };
    while (!points.empty()) {
        auto const end = std::ranges::find_if(points, is_break);
        auto const size = static_cast<std::size_t>(end - points.begin());
        if (size != 0) {
            all.push_back(points.first(size));
        }
        points = points.subspan(std::min(size + 1, points.size()));
    }
    return all;
}

/// Writes one chart.
class Drawing {
public:
    explicit Drawing(Chart const& chart) : chart_(chart) {}

    std::string draw() {
        append("<figure class=\"chart\">\n<figcaption><h3>{}", html_text(chart_.title));
        if (!chart_.note.empty()) {
            append(" <small>{}</small>", html_text(chart_.note));
        }
        append("</h3>");
        legend();
        append("</figcaption>\n");
        open_picture();
        open_plot();
        gaps();
        grid();
        for (Line const& line : chart_.lines | std::views::reverse) {
            path(line);
        }
        bands();
        append("</svg>\n");
        labels();
        append("</svg>\n</figure>\n");
        return std::move(out_);
    }

private:
    template <typename... Values>
    void append(fmt::format_string<Values...> format, Values&&... values) {
        append_html(out_, format, std::forward<Values>(values)...);
    }

    [[nodiscard]] double x(double value) const { return chart_.x.position(value) * chart_width; }
    [[nodiscard]] double y(double value) const {
        return (1 - chart_.y.position(value)) * chart_.height;
    }

    void legend() {
        bool const has_gaps = !chart_.gaps.spans.empty();
        if (chart_.lines.size() < 2 && !has_gaps) {
            return;
        }
        append(R"(<ul class="legend">)");
        for (Line const& line : chart_.lines) {
            append("<li><i class=\"{}\"></i>{}</li>", class_of(line.ink), html_text(line.name));
        }
        if (has_gaps) {
            append("<li><i class=\"gap\"></i>{}</li>", html_text(chart_.gaps.name));
        }
        append("</ul>");
    }

    void open_picture() {
        std::size_t longest = usual_letters;
        for (Tick const& tick : chart_.y.ticks) {
            longest = std::max(longest, columns_of(tick.label));
        }
        append(
            "<svg class=\"picture\" role=\"img\" aria-labelledby=\"{0}-title {0}-text\" "
            "style=\"--letters: {1}; height: {2}px\">\n"
            "<title id=\"{0}-title\">{3}</title>\n<desc id=\"{0}-text\">{4}</desc>\n",
            chart_.id, longest, chart_.height + label_height, html_text(chart_.title),
            html_text(chart_.description));
    }

    void open_plot() {
        append(
            "<svg class=\"plot\" width=\"100%\" height=\"{0}\" viewBox=\"0 0 {1} {0}\" "
            "preserveAspectRatio=\"none\">\n",
            chart_.height, chart_width);
    }

    void gaps() {
        std::string areas;
        for (Gaps::Span const& span : chart_.gaps.spans) {
            append_html(areas, "M{0:.1f} 0H{1:.1f}V{2}H{0:.1f}Z", x(span.begin), x(span.end),
                        chart_.height);
        }
        if (!areas.empty()) {
            append("<path class=\"gaps\" d=\"{}\"/>\n", areas);
        }
    }

    void grid() {
        append(R"(<path class="grid" d=")");
        for (Tick const& tick : chart_.x.ticks) {
            append("M{:.1f} 0V{}", x(tick.at), chart_.height);
        }
        for (Tick const& tick : chart_.y.ticks) {
            append("M0 {:.1f}H{}", y(tick.at), chart_width);
        }
        append("\"/>\n<path class=\"base\" d=\"M0 {}H{}\"/>\n", chart_.height, chart_width);
        if (chart_.level) {
            append("<path class=\"level\" d=\"M{}\"/>\n", way(chart_.level->points));
        }
    }

    [[nodiscard]] std::string way(Piece piece) const {
        std::string way;
        for (ChartPoint const& point : piece) {
            append_html(way, "{}{:.1f} {:.1f}", way.empty() ? "" : "L", x(point.x), y(*point.y));
        }
        return way;
    }

    void path(Line const& line) {
        std::string area;
        std::string stroke;
        std::string dots;
        for (Piece const piece : pieces(line.points)) {
            for (ChartPoint const& point : piece) {
                if (point.dot || piece.size() == 1) {
                    append_html(dots, "M{:.1f} {:.1f}h0", x(point.x), y(*point.y));
                }
            }
            append_html(stroke, "M{}", way(piece));
            append_html(area, "M{:.1f} {}L{}V{}Z", x(piece.front().x), chart_.height, way(piece),
                        chart_.height);
        }
        append_path("area", line, line.filled ? area : "");
        append_path("line", line, stroke);
        append_path("dots", line, dots);
    }

    void append_path(std::string_view what, Line const& line, std::string_view geometry) {
        if (!geometry.empty()) {
            append("<path class=\"{} {}\" d=\"{}\"/>\n", what, class_of(line.ink), geometry);
        }
    }

    void bands() {
        for (Band const& band : chart_.bands) {
            append(R"(<rect class="band" x="{:.1f}" y="0" width="{:.1f}" height="{}"><title>)",
                   x(band.begin), x(band.end) - x(band.begin), chart_.height);
            for (std::string_view rest = band.text; !rest.empty();) {
                std::size_t const size = std::min(rest.find('\n'), rest.size());
                append("{}\n", html_text(rest.substr(0, size)));
                rest.remove_prefix(std::min(size + 1, rest.size()));
            }
            append("</title></rect>\n");
        }
    }

    void labels() {
        for (Tick const& tick : chart_.y.ticks) {
            append("<text class=\"y\" x=\"-8\" y=\"{:.1f}\">{}</text>\n", y(tick.at) + 4,
                   html_text(tick.label));
        }
        for (Tick const& tick : chart_.x.ticks) {
            x_label(tick);
        }
        if (chart_.level) {
            append("<text class=\"level\" x=\"100%\" y=\"{:.1f}\">{}</text>\n",
                   y(*chart_.level->points.back().y) - 6, html_text(chart_.level->label));
        }
    }

    /// In the middle below its tick, unless it would stick out to the right too far.
    void x_label(Tick const& tick) {
        double const at = chart_.x.position(tick.at);
        double const half_px = static_cast<double>(columns_of(tick.label)) * letter_px / 2;
        bool const last = half_px > (1 - at) * narrowest_plot_px + label_overhang_px;
        append("<text class=\"x{}{}\" x=\"{:.2f}%\" dx=\"{}\" y=\"{}\">{}</text>\n",
               last ? " last" : "", tick.minor ? " minor" : "", at * 100,
               last ? label_overhang_px : 0, chart_.height + 20, html_text(tick.label));
    }

    Chart const& chart_;
    std::string out_;
};

}  // namespace

std::string to_html(Chart const& chart) {
    return Drawing(chart).draw();
}

}  // namespace roger
