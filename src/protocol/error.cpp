#include "roger/error.hpp"
namespace roger {
std::error_code make_error_code(Errc code) {
    return {static_cast<int>(code), std::generic_category()};
}
}  // namespace roger
