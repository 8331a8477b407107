// Options that cannot be.
#pragma once

#include "roger/server.hpp"

#include <asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// What is wrong with a value, a sentence that goes on after the option's name; empty: nothing.
std::string fault_of_ack(std::string_view ack, std::vector<Address> const& addresses);
std::string fault_of_max_message(std::size_t bytes);

/// Beyond it there is no machine that would be the faster for it.
constexpr std::size_t most_threads = 256;

/// `options.threads`, if it is valid: throws as validate() does.
std::size_t valid_threads(ServerOptions const& options);

/// Throw Error (Errc::invalid_option), with a sentence that names the option, what is wrong and
/// what would be right. `contexts` are the caller's.
void validate_contexts(std::vector<std::reference_wrapper<asio::io_context>> const& contexts,
                       ServerOptions const& options);
void validate(ServerOptions const& options, Handler const& handler);

}  // namespace roger
