// In place of JetStream where the NATS C client was not found.
#include "program/options.hpp"
#include "stream/stream.hpp"
#include "stream/stream_reader.hpp"

#include <fmt/format.h>

namespace roger {

namespace {

[[noreturn]] void refuse(char const* option) {
    throw UsageError(fmt::format(
        "{}: this program was built without the NATS client library: install it (Debian: "
        "libnats-dev; script/bootstrap does) and build again",
        option));
}

}  // namespace

std::unique_ptr<Stream> open_stream(StreamOptions const& /*options*/, Log const& /*log*/) {
    refuse("--to");
}

std::unique_ptr<StreamReader> open_stream_reader(StreamOptions const& /*options*/,
                                                 Log const& /*log*/) {
    refuse("--audit");
}

}  // namespace roger
