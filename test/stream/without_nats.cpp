// A program that was built without the NATS client library.
#include "program/options.hpp"
#include "stream/stream.hpp"
#include "stream/stream_reader.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

namespace roger {

TEST_CASE("A program that was built without the NATS library says so, and what to do", "[stream]") {
    using Catch::Matchers::Message;
    CHECK_THROWS_MATCHES(open_stream({}, [](LogLevel, std::string_view) {}), UsageError,
                         Message("--to: this program was built without the NATS client library: "
                                 "install it (Debian: libnats-dev; script/bootstrap does) and "
                                 "build again"));
    CHECK_THROWS_MATCHES(open_stream_reader({}, {}), UsageError,
                         Message("--audit: this program was built without the NATS client library: "
                                 "install it (Debian: libnats-dev; script/bootstrap does) and "
                                 "build again"));
}

}  // namespace roger
