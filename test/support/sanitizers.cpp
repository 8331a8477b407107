// What tests do without where sanitizers are.
#include "support/sanitizers.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger::test {

void need_scarce_descriptors() {
    if constexpr (has_asan) {
        SKIP("UBSan, which comes with ASan here, itself needs descriptors");
    }
}

}  // namespace roger::test
