// libFuzzer's way to the line reader.
#include "fuzz/line_decoder_property.hpp"

#include <cstdint>

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    roger::test::check_lines({reinterpret_cast<char const*>(data), size});
    return 0;
}
