// How wide texts are on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roger {

/// Of UTF-8: as many as a terminal takes for it, where wide characters take two.
std::size_t columns_of(std::string_view text);

/// How many bytes at the beginning of valid UTF-8 take up at most so many columns.
std::size_t size_of_columns(std::string_view text, std::size_t columns);

/// The text if it fits into so many columns, from one on, or its beginning and an ellipsis.
std::string cut_to_columns(std::string text, std::size_t columns);

}  // namespace roger
