// The files by which a program proves to NATS servers who it is, and they to it.
#pragma once

#include "stream/stream_options.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace roger {

inline constexpr std::array nats_credential_options = {"--creds", "--tlsca", "--tlscert",
                                                       "--tlskey"};

/// Describes them to `app`: each needs `address`, the option that names the servers.
void add_nats_credentials(CLI::App& app, StreamOptions& stream, CLI::Option* address);

}  // namespace roger
