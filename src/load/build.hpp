// What this program was built with.
#pragma once

#include <string>

namespace roger {

/// Compiler and Asio, with their versions: "GCC 12.2.0, Asio 1.36.0".
std::string build_text();

}  // namespace roger
