// What a server needs at its start, and the system does not give.
#include "support/deadline.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace roger::test;

TEST_CASE("A server whose event loops cannot all be started says so, and ends", "[system]") {
    if constexpr (sanitized) {
        SKIP("a sanitizer needs more address space than a limit would leave");
    }
    auto launch = server_launch({"--threads", "256", "127.0.0.1:0"});
    // Each thread asks for a stack of 8 MiB.
    launch.address_space = 500'000'000;
    auto const result = run(launch);
    CAPTURE(result.err);
    CHECK(result.exit == Exit::with(1));
    CHECK(result.err.starts_with("server: --threads: only "));
    CHECK(result.err.find(" of 256 event loops could be started") != std::string::npos);
    CHECK(result.err.find("ulimit -u") != std::string::npos);
    CHECK(result.err.find("listening on") == std::string::npos);
}

TEST_CASE("A server that may not open files enough for its event loops names the option",
          "[system]") {
    if constexpr (sanitized) {
        SKIP("UBSan looks at exceptions through a pipe, for which no descriptor is left");
    }
    auto launch = server_launch({"--threads", "20", "127.0.0.1:0"});
    launch.open_files = 40;
    auto const result = run(launch);
    CAPTURE(result.err);
    CHECK(result.exit == Exit::with(1));
    CHECK(result.err.starts_with("server: --threads: only "));
    CHECK(result.err.find(" of 20 event loops could be made: Too many open files; raise the limit "
                          "on open files (ulimit -n)") != std::string::npos);
}
