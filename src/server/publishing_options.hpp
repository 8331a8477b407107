// The options of a server that publishes to a stream instead of displaying.
#pragma once

#include "roger/timeout.hpp"
#include "stream/stream_options.hpp"

#include <CLI/CLI.hpp>

#include <chrono>

namespace roger {

struct Publishing {
    StreamOptions stream;
    /// Since a message was received. JetStream takes up to 9 s to elect a leader in place of one
    /// that is gone; and a client gives up after 30 s (--ack-timeout).
    Timeout timeout = std::chrono::seconds(20);
    bool asked = false;  ///< --to was given
};

/// Describes them to `app`. What it reads goes into `publishing`.
void add_publishing(CLI::App& app, Publishing& publishing);

}  // namespace roger
