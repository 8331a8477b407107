// Lines of a report on a terminal: no wider than it is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace roger {

using TextLines = std::vector<std::string>;

/// The text if it fits into report_columns, or its beginning and an ellipsis.
std::string cut(std::string text);

/// Words in as many lines as they need, but for `most`; all but the first are indented.
TextLines wrap(std::string text, std::size_t most);

void append(TextLines& lines, TextLines const& more);

}  // namespace roger
