// A load test's page in a real browser: it opens without errors, and its charts are drawn.
#include "report/report_html.hpp"
#include "report/sample_report.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

using namespace roger::test;

namespace {

/// Chromium's path; empty: there is none.
std::string find_browser() {
    char const* const path = std::getenv("PATH");
    for (auto const folder :
         std::string_view(path == nullptr ? "" : path) | std::views::split(':')) {
        for (std::string_view const name : {"chromium", "chromium-browser", "google-chrome"}) {
            std::filesystem::path const file =
                std::filesystem::path(folder.begin(), folder.end()) / name;
            if (::access(file.c_str(), X_OK) == 0) {
                return file;
            }
        }
    }
    return "";
}

/// What the browser makes of a page: `out` is its elements, once its scripts have run.
Run browse(std::string const& browser, std::string_view page) {
    TempDir const directory;
    write_file(directory / "page.html", page);
    Launch const launch{
        .program = browser,
        .arguments = {"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                      "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
                      "--disable-background-networking", "--disable-component-update",
                      "--disable-sync", "--enable-logging=stderr", "--v=0",
                      "--window-size=1200,2400", "--user-data-dir=" + directory / "profile",
                      "--dump-dom", "file://" + directory / "page.html"},
        .environment = {{"HOME", directory.path()}},
    };
    return run(launch);
}

/// What it says about the page, and not about itself.
std::vector<std::string> console_of(Run const& run) {
    std::vector<std::string> lines = split_lines(run.err);
    std::erase_if(lines, [](std::string const& line) { return line.find("CONSOLE") == line.npos; });
    return lines;
}

/// The page in a frame of that many pixels: a window cannot be as narrow as a phone.
std::string in_frame(std::string_view page, int width) {
    std::string escaped;
    for (char const c : page) {
        escaped += c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
    }
    return fmt::format(
        "<!DOCTYPE html><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\"><body>"
        "<iframe style=\"width: {}px; height: 9999px; border: 0\" srcdoc=\"{}\"></iframe></body>",
        width, escaped);
}

/// The page with a script instead of the policy that would forbid it. The script appends a line to
/// the window's page for each line, dot and text of its charts: its class, and whether it has a
/// place; for each label that lies over another; for each text that is not wholly within the
/// window; and for each table that has to be scrolled.
std::string with_measuring_script(std::string page) {
    std::size_t const policy = page.find("<meta http-equiv");
    page.erase(policy, page.find('\n', policy) - policy);
    page.insert(page.find("</body>"), R"(<script>
const say = text => {
    const line = top.document.createElement('p');
    line.textContent = text;
    top.document.body.append(line);
};
for (const shape of document.querySelectorAll('.picture path, .picture text, .shares rect')) {
    const box = shape.getBoundingClientRect();
    const drawn = box.right > 0 && box.left >= 0 && box.width + box.height > 0 &&
        getComputedStyle(shape).display != 'none';
    say((drawn ? 'drawn ' : 'missing ') + shape.getAttribute('class'));
}
for (const picture of document.querySelectorAll('.picture')) {
    const labels = [...picture.querySelectorAll('text')].map(
        label => [label.textContent, label.getBoundingClientRect()]);
    labels.forEach(([text, box], index) => {
        for (const [other, place] of labels.slice(0, index)) {
            if (box.left < place.right && place.left < box.right &&
                box.top < place.bottom && place.top < box.bottom) {
                say('covered ' + text + ' by ' + other);
            }
        }
    });
}
const root = document.documentElement;
for (const part of document.querySelectorAll('main *')) {
    const box = part.getBoundingClientRect();
    if (box.left < 0 || box.right > root.clientWidth) {
        say('cut ' + part.localName + ' ' + part.textContent);
    }
}
for (const table of document.querySelectorAll('.scroll')) {
    say(table.scrollWidth > table.clientWidth ? 'scrolled' : 'whole');
}
say(root.scrollWidth > root.clientWidth ? 'too wide' : 'fits');
say('frame of ' + window.innerWidth);
</script>)");
    return page;
}

/// With the largest figures that a load test of hours may have, and long words.
roger::Report large_report() {
    using roger::Outcome;
    roger::Report report = sample_report();
    constexpr std::uint64_t messages = 88'888'888;
    report.title = report.address = "unix:/" + std::string(200, 'w');
    report.hosts.assign(3, {.name = std::string(60, 'h'),
                            .cpu = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
                            .processors = 224,
                            .kernel = "Linux 6.18.5-cloud-amd64"});
    for (roger::Histogram* const durations :
         {&report.latencies.response, &report.latencies.service, &report.latencies.lateness}) {
        *durations = {};
        durations->add({.value_us = 1, .count = messages - 1});
        durations->add({.value_us = 888'000'000, .count = 1});
    }
    report.asked.rate = 888'888;
    report.asked.messages = messages;
    report.planned = report.acked_in_time = messages;
    report.duration_s = 100;
    report.outcomes = {};
    for (std::size_t outcome = 0; outcome != roger::outcome_count; ++outcome) {
        report.outcomes.count(static_cast<Outcome>(outcome), outcome == 0 ? messages - 6 : 1);
    }
    report.reasons.count(Outcome::refused, std::string(200, 'r'));
    for (roger::Interval& interval : report.intervals) {
        interval.acked = messages / 2;
    }
    report.assertions = {{.text = "p99.99<" + std::string(60, '5') + "ms",
                          .measured = "888ms",
                          .verdict = roger::LoadVerdict::not_held},
                         {.text = "connection_lost<0.1%",
                          .measured = "99.999999%",
                          .verdict = roger::LoadVerdict::held}};
    report.audit->acked = report.audit->written = report.audit->written_not_acked = messages;
    report.audit->file = "/" + std::string(200, 'f');
    return report;
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("A browser opens the page of a load test without errors", "[load][system]") {
    std::string const browser = find_browser();
    if (browser.empty()) {
        SKIP("there is no Chromium on PATH");
    }
    Run const opened = browse(browser, roger::to_html(sample_report()));
    CHECK(opened.exit == Exit::with(0));
    CHECK(console_of(opened) == std::vector<std::string>());
    CHECK(count(opened.out, "class=\"picture\"") == 4);
    CHECK(opened.out.find("d=\"\"") == std::string::npos);

    // The page's own policy keeps a script from running, and this browser says what goes wrong.
    std::string page = roger::to_html(sample_report());
    page.insert(page.find("</body>"), "<script>document.body.append('has run')</script>");
    Run const forbidden = browse(browser, page);
    CHECK(console_of(forbidden).size() == 1);
    CHECK(count(forbidden.out, "has run") == 1);
}

TEST_CASE("A browser draws the charts of a load test", "[load][system]") {
    std::string const browser = find_browser();
    if (browser.empty()) {
        SKIP("there is no Chromium on PATH");
    }
    std::string const page = with_measuring_script(roger::to_html(sample_report()));
    Run const measured = browse(browser, page);
    REQUIRE(measured.exit == Exit::with(0));
    CHECK(console_of(measured) == std::vector<std::string>());
    CHECK(count(measured.out, "<p>drawn line ") == 8);
    CHECK(count(measured.out, "<p>drawn area ") == 2);
    CHECK(count(measured.out, "<p>drawn grid</p>") == 4);
    CHECK(count(measured.out, "<p>drawn level</p>") == 2);
    CHECK(count(measured.out, "<p>drawn acked</p>") == 1);
    CHECK(count(measured.out, "<p>missing ") == 0);
    CHECK(count(measured.out, "<p>covered ") == 0);
    CHECK(count(measured.out, "<p>cut ") == 0);
    CHECK(count(measured.out, "<p>fits</p>") == 1);
}

TEST_CASE("On a phone no figure of a load test's page is cut or has to be scrolled to",
          "[load][system]") {
    std::string const browser = find_browser();
    if (browser.empty()) {
        SKIP("there is no Chromium on PATH");
    }
    for (auto const& report : {sample_report(), large_report()}) {
        std::string const page = with_measuring_script(roger::to_html(report));
        Run const on_phone = browse(browser, in_frame(page, 400));
        std::string const measured = on_phone.out.substr(on_phone.out.find("</iframe>"));
        CAPTURE(measured);
        REQUIRE(count(measured, "<p>frame of 400</p>") == 1);
        CHECK(console_of(on_phone) == std::vector<std::string>());
        CHECK(count(measured, "<p>drawn line ") == 8);
        CHECK(count(measured, "<p>fits</p>") == 1);
        CHECK(count(measured, "<p>cut ") == 0);
        CHECK(count(measured, "<p>covered ") == 0);
        CHECK(count(measured, "<p>scrolled</p>") == 0);
    }
}
