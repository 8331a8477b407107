// Lines of a report on a terminal: safe, and no wider than it is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace roger {

using TextLines = std::vector<std::string>;

/// Safe on a terminal. The engine's texts are already escaped, and stay as they are; another's
/// file may hold any.
std::string safe(std::string const& text);

/// The text if it fits into report_columns, or its beginning and an ellipsis.
std::string cut(std::string text);

/// Words in as many lines as they need, but for `most`; all but the first are indented.
TextLines wrap(std::string text, std::size_t most);

void append(TextLines& lines, TextLines const& more);

}  // namespace roger
