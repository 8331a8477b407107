// What the machine tells about itself.
#include "load/this_host.hpp"

#include "load/build.hpp"
#include "support/files.hpp"

#include <asio/version.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <string>

#include <sys/utsname.h>

namespace roger {

namespace {

utsname this_system() {
    utsname system{};
    REQUIRE(::uname(&system) == 0);
    return system;
}

}  // namespace

TEST_CASE("The host is what the system says", "[load]") {
    utsname const system = this_system();
    Host const host = this_host();
    CHECK(host.name == system.nodename);
    CHECK(host.kernel == fmt::format("{} {}", system.sysname, system.release));
    CHECK(host.processors > 0);
    CHECK_FALSE(host.cpu.empty());
}

TEST_CASE("The model of the first processor is the host's", "[load]") {
    test::TempDir const directory;
    std::string const file = directory / "cpuinfo";
    test::write_file(file,
                     "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Big \x1b[2J CPU: 2.10GHz \n"
                     "\nprocessor\t: 1\nmodel name\t: Little\n");
    CHECK(this_host(file).cpu == R"(Big \x1b[2J CPU: 2.10GHz)");
}

TEST_CASE("Where no model is told, the architecture is", "[load]") {
    test::TempDir const directory;
    std::string const file = directory / "cpuinfo";
    std::string const architecture = this_system().machine;
    CHECK(this_host(file).cpu == architecture);
    for (char const* const text : {"", "\n\n", "model name", "model name\t:", "model name\t: \n"}) {
        test::write_file(file, text);
        CHECK(this_host(file).cpu == architecture);
    }
}

TEST_CASE("The build names its compiler and Asio", "[load]") {
    CHECK(build_text().ends_with(fmt::format(", Asio {}.{}.{}", ASIO_VERSION / 100'000,
                                             ASIO_VERSION / 100 % 1000, ASIO_VERSION % 100)));
    CHECK((build_text().starts_with("GCC ") || build_text().starts_with("Clang ")));
}

}  // namespace roger
