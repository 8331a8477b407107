// In place of jetstream.cpp where the NATS C client was not found.
#include "program/options.hpp"
#include "stream/stream.hpp"

namespace roger {

std::unique_ptr<Stream> open_stream(StreamOptions const& /*options*/, Log const& /*log*/) {
    throw UsageError(
        "--to: this server was built without the NATS client library: install it (Debian: "
        "libnats-dev; script/bootstrap does) and build again");
}

}  // namespace roger
