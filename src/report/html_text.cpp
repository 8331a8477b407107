// Text inside a page.
#include "report/html_text.hpp"

#include "protocol/escaped.hpp"

#include <stdexcept>

namespace roger {

namespace {

/// What append_escaped wrote, as reports hold it, is kept verbatim; a file that someone edited may
/// hold any bytes.
std::string printable_text(std::string_view text) {
    try {
        unescape(text);
        return std::string(text);
    } catch (std::invalid_argument const&) {
        return escaped(text);
    }
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string const printable = printable_text(text);
    std::string out;
    out.reserve(printable.size());
    for (char const c : printable) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace roger
