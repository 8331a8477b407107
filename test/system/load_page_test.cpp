// A load test's page in a real browser: it opens without a complaint, and its charts are drawn.
#include "report/report_html.hpp"
#include "report/sample_report.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
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

/// What the browser makes of a page: `out` is its elements, once its scripts have run. Its window
/// is so many pixels wide.
Run browse(std::string const& browser, std::string_view page, int width = 1200) {
    TempDir const directory;
    write_file(directory / "page.html", page);
    Launch const launch{
        .program = browser,
        .arguments = {"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                      "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
                      "--disable-background-networking", "--disable-component-update",
                      "--disable-sync", "--enable-logging=stderr", "--v=0",
                      fmt::format("--window-size={},2400", width),
                      "--user-data-dir=" + directory / "profile", "--dump-dom",
                      "file://" + directory / "page.html"},
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

/// The page with a script instead of the policy that would forbid it. The script appends a line to
/// the page for each line, dot and text of its charts: its class, and whether it has a place; and
/// one that says whether the page fits into the window's width.
std::string with_measuring_script(std::string page) {
    std::size_t const policy = page.find("<meta http-equiv");
    page.erase(policy, page.find('\n', policy) - policy);
    page.insert(page.find("</body>"), R"(<script>
for (const shape of document.querySelectorAll('.picture path, .picture text, .shares rect')) {
    const box = shape.getBoundingClientRect();
    const drawn = box.right > 0 && box.left >= 0 && box.width + box.height > 0 &&
        getComputedStyle(shape).display != 'none';
    const line = document.createElement('p');
    line.textContent = (drawn ? 'drawn ' : 'missing ') + shape.getAttribute('class');
    document.body.append(line);
}
const root = document.documentElement;
const line = document.createElement('p');
line.textContent = root.scrollWidth > root.clientWidth ? 'too wide' : 'fits';
document.body.append(line);
</script>)");
    return page;
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("A browser opens the page of a load test without a complaint", "[load][system]") {
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
    CHECK(count(measured.out, "<p>fits</p>") == 1);

    Run const on_phone = browse(browser, page, 400);
    CHECK(count(on_phone.out, "<p>drawn line ") == 8);
    CHECK(count(on_phone.out, "<p>fits</p>") == 1);
}
