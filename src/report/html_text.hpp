// Text inside a page.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace roger {

/// Safe in the text and in the quoted attributes of HTML and of XML, whatever it holds: as
/// append_escaped writes it, unless that has been done before, and with `&<>"'` by their names.
std::string html_text(std::string_view text);

/// `format` is HTML, and so are the values.
template <typename... Values>
void append_html(std::string& page, fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(page), format, std::forward<Values>(values)...);
}

}  // namespace roger
