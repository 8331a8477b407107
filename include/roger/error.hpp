// Errors that a program can branch on.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace roger {

enum class Errc {
    invalid_option = 1,
    too_few_descriptors,
    no_thread,
};

}  // namespace roger

template <>
struct std::is_error_code_enum<roger::Errc> : std::true_type {};

namespace roger {

std::error_code make_error_code(Errc);

struct Error : std::runtime_error {
    Error(std::error_code code, std::string const& sentence)
        : std::runtime_error(sentence), code_(code) {}
    [[nodiscard]] std::error_code code() const { return code_; }

private:
    std::error_code code_;
};

}  // namespace roger
