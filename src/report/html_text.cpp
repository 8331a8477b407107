// Text inside a page.
#include "report/html_text.hpp"

#include "protocol/escaped.hpp"

namespace roger {

std::string html_text(std::string_view text) {
    std::string const printable = escaped_once(text);
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
