// Servers with --to, and what their clients hear.
#pragma once

#include "support/nats.hpp"
#include "support/peer.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// Of the subject LOG.
std::string url(NatsServer const& nats);

/// The arguments of a server "me" on a port of its own, and of its stream with one replica.
std::vector<std::string> publishing(NatsServer const& nats,
                                    std::vector<std::string> const& more = {});

/// Whether a sentence says that NATS did not answer in time, of which a busy machine can be the
/// reason.
bool tells_of_no_answer(std::string_view sentence);

/// Again, where NATS did not answer in time.
ServerProcess start_publishing(std::vector<std::string> const& arguments);

/// A server that does not start, and why. Again, where NATS did not answer in time.
Run refused(std::vector<std::string> const& arguments);

/// A client whose first message has been stored.
Peer client_with_ack(ServerProcess const& server);

void check_cannot_store(Peer& peer, std::string const& message);

}  // namespace roger::test
