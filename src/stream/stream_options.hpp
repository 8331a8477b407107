// Which stream, how it is reached, and under which name this server publishes.
#pragma once

#include "stream/stream_address.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace roger {

struct StreamOptions {
    StreamAddress address = {};
    std::string stream = {};                   ///< its name; empty: the one that takes the subject
    std::optional<int> created_replicas = {};  ///< where there is none it is made, with so many
    std::string server = {};                   ///< this server's part of the subject
    std::size_t loops = 1;                     ///< event loops, each with a part of its own of that
    std::string credentials_file = {};         ///< these four: paths, or empty
    std::string ca_file = {};
    std::string certificate_file = {};
    std::string key_file = {};
};

}  // namespace roger
