// What this program was built with.
#include "load/build.hpp"

#include <asio/version.hpp>
#include <fmt/format.h>

namespace roger {

namespace {

std::string compiler_text() {
#if defined(__clang__)
    return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
    return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
    return "an unknown compiler";
#endif
}

}  // namespace

std::string build_text() {
    return fmt::format("{}, Asio {}.{}.{}", compiler_text(), ASIO_VERSION / 100'000,
                       ASIO_VERSION / 100 % 1000, ASIO_VERSION % 100);
}

}  // namespace roger
