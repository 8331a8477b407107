// A client that takes no answers.
#pragma once

#include "support/deadline.hpp"
#include "support/peer.hpp"
#include "support/server_process.hpp"

#include <cstddef>

namespace roger::test {

/// Sends empty messages until the server waits for `peer`, its only client that sends anything, to
/// take some of the answers. Returns how many messages that were.
std::size_t send_until_server_waits(Peer& peer, ServerProcess& server, Deadline deadline = {});

/// The same with other messages, sent again and again; returns how many bytes that were.
std::size_t send_until_server_waits(Peer& peer, ServerProcess& server, std::string const& messages,
                                    Deadline deadline = {});

}  // namespace roger::test
