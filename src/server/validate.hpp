// Options that cannot be.
#pragma once

#include "roger/server.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// What is wrong with a value, a sentence that goes on after the option's name; empty: nothing.
std::string fault_of_ack(std::string_view ack, std::vector<Address> const& addresses);
std::string fault_of_max_message(std::size_t bytes);

/// Throws Error (Errc::invalid_option), with a sentence that names the option, what is wrong and
/// what would be right.
void validate(ServerOptions const& options, Handler const& handler);

}  // namespace roger
