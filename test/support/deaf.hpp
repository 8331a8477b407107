// A client that takes no answers.
#pragma once

#include "support/deadline.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <cstddef>

namespace roger::test {

/// Says empty messages until the server waits for `peer`, its only client that says anything, to
/// take some of the answers. Returns how many messages that were.
std::size_t say_until_server_waits(Peer& peer, ServerProcess& server, Deadline deadline = {});

/// The same with other messages, said again and again; returns how many bytes that were.
std::size_t say_until_server_waits(Peer& peer, ServerProcess& server, std::string const& messages,
                                   Deadline deadline = {});

}  // namespace roger::test
