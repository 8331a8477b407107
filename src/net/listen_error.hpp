// Why a server cannot listen at an address.
#pragma once

#include "protocol/escaped.hpp"
#include "roger/address.hpp"
#include "roger/error.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <system_error>

namespace roger {

/// A sentence that names the address, the reason and the remedy, and the system's error. Its code
/// is Errc::cannot_listen, or Errc::too_few_descriptors if that is the reason.
class ListenError : public Error {
public:
    ListenError(Address const& address, std::string_view why, std::error_code cause)
        : Error(
              is_descriptor_limit(cause) ? Errc::too_few_descriptors : Errc::cannot_listen,
              fmt::format(
                  "cannot listen on {}: {}{}", escaped(to_string(address)), escaped_once(why),
                  is_descriptor_limit(cause) ? "; raise the limit on open files (ulimit -n)" : ""),
              cause) {}

private:
    static bool is_descriptor_limit(std::error_code cause) {
        return cause == std::errc::too_many_files_open;
    }
};

}  // namespace roger
