// What the fuzzers found worth keeping, as ordinary tests: no libFuzzer needed.
#include "fuzz/address_property.hpp"
#include "fuzz/line_decoder_property.hpp"
#include "fuzz/record_property.hpp"
#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace roger::test {

namespace {

/// Returns how many files were checked.
std::size_t check_corpus(std::string_view target, void (*check)(std::string_view)) {
    std::size_t files = 0;
    for (auto const& entry :
         std::filesystem::directory_iterator(std::filesystem::path(ROGER_CORPUS) / target)) {
        CAPTURE(entry.path());
        CHECK_NOTHROW(check(read_file(entry.path())));
        ++files;
    }
    return files;
}

}  // namespace

TEST_CASE("The line decoder is right about every stream that the fuzzer kept",
          "[lines][fuzz][protocol]") {
    CHECK(check_corpus("lines", check_lines) > 0);
}

TEST_CASE("The address parser is right about every text that the fuzzer kept",
          "[address][fuzz][protocol]") {
    CHECK(check_corpus("address", check_address) > 0);
}

TEST_CASE("Records are right for every message that the fuzzer kept", "[record][fuzz][protocol]") {
    CHECK(check_corpus("record", check_record) > 0);
}

}  // namespace roger::test
