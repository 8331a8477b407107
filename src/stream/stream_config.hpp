// A stream's configuration, as JetStream's API reports it, and whether it can keep what is
// acknowledged. https://docs.nats.io/nats-concepts/jetstream/streams
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace roger {

/// What a new stream is asked for: it keeps everything, on disk, until somebody deletes it.
nlohmann::json new_stream_config(std::string const& name, std::string const& subject, int replicas);

/// Why no stream of a server that answers $JS.API.INFO like this can be relied upon: a sentence;
/// empty if there may be one.
std::string fault_of_server(nlohmann::json const& account);

/// Why a stream with this `config` cannot be relied upon: a sentence; empty if it can.
std::string fault_of_stream(nlohmann::json const& config);

/// Whether it drops messages because of their age, so that a subject can become empty by itself.
bool drops_by_age(nlohmann::json const& config);

/// Who has stored what is acknowledged: "2 of 3 servers (R3)".
std::string storing_servers(nlohmann::json const& config);

/// The largest message it takes, where that is less than what the server takes (`max_payload`).
std::size_t most_message_bytes(nlohmann::json const& config, std::size_t max_payload);

/// The name of a stream for a subject, if none is given: it cannot have dots.
std::string stream_name_for(std::string const& subject);

}  // namespace roger
