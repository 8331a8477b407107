// libFuzzer's way to the escaping of records.
#include "fuzz/record_property.hpp"

#include <cstdint>

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    roger::test::check_record({reinterpret_cast<char const*>(data), size});
    return 0;
}
