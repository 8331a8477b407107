// Stamps: what was written is what was meant, or it is found out.
#include "load/stamp.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace roger {

namespace {

std::string stamped(Stamp const& stamp, std::string_view text) {
    std::string out;
    append_stamped(out, stamp, text);
    return out;
}

/// Each digit of its numbers is one that has an upper and a lower case, or is none.
constexpr Stamp example{.run = 0x0123456789abcdef,
                        .client = 0x0fedcb,
                        .connection = 0x9abcdef012,
                        .number = 0x12345abcde};

bool is_intact(std::string_view record) {
    auto const read = read_stamped(record);
    return read && read->intact;
}

}  // namespace

TEST_CASE("A stamp is read as it was written", "[load]") {
    std::vector<Stamp> const stamps = {
        example,
        {.run = 0, .client = 0, .connection = 0, .number = 0},
        {.run = 1, .client = 2, .connection = 3, .number = 4},
        {.run = std::numeric_limits<std::uint64_t>::max(),
         .client = 0xffffff,
         .connection = 0xffffffffff,
         .number = 0xffffffffff},
    };
    for (Stamp const& stamp : stamps) {
        for (std::string const text : {"", " ", "message 1 of client 2", "audit ", "\xff\x01\t"}) {
            std::string const record = stamped(stamp, text);
            CAPTURE(record);
            CHECK(record.size() == stamp_size + text.size());
            CHECK(record.ends_with(" " + text));
            auto const read = read_stamped(record);
            REQUIRE(read);
            CHECK(read->stamp == stamp);
            CHECK(read->intact);
        }
    }
}

TEST_CASE("A stamp is appended to what is there, which is not a part of it", "[load]") {
    std::string out = "before\n";
    append_stamped(out, example, "text");
    CHECK(out == "before\n" + stamped(example, "text"));
}

TEST_CASE("A changed byte is found out, wherever it is", "[load]") {
    std::string const good = stamped(example, "text {message}");
    REQUIRE(is_intact(good));
    for (std::size_t place = 0; place < good.size(); ++place) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string bad = good;
            bad[place] = static_cast<char>(byte);
            if (bad != good && is_intact(bad)) {
                FAIL_CHECK("byte " << place << " of " << good << " as " << bad[place]);
            }
        }
    }
}

TEST_CASE("A lost, doubled or added byte is found out, wherever it is", "[load]") {
    std::string const good = stamped(example, "abcd");
    for (std::size_t place = 0; place < good.size(); ++place) {
        CAPTURE(place);
        CHECK_FALSE(is_intact(std::string(good).erase(place, 1)));
        CHECK_FALSE(is_intact(std::string(good).insert(place, 1, good[place])));
        CHECK_FALSE(is_intact(good.substr(0, place)));
    }
    CHECK_FALSE(is_intact(good + "e"));
    CHECK_FALSE(is_intact(good + good));
}

TEST_CASE("What bears no stamp has none", "[load]") {
    for (std::string const record :
         {"", "audit", "audit ", "message 1 of client 2", "audit 1.2.3.4.5 text",
          " audit 0123456789abcdef.0fedcb.9abcdef012.12345abcde.0123456789abcdef text",
          "audit 0123456789abcdef.0fedcb.9abcdef012.12345abcde.0123456789abcdef",
          "audit 0123456789abcdeg.0fedcb.9abcdef012.12345abcde.0123456789abcdef text",
          "audit +123456789abcdef.0fedcb.9abcdef012.12345abcde.0123456789abcdef text"}) {
        CAPTURE(record);
        CHECK_FALSE(read_stamped(record));
    }
    auto const wrong =
        read_stamped("audit 0123456789abcdef.0fedcb.9abcdef012.12345abcde.0123456789abcdef text");
    REQUIRE(wrong);
    CHECK(wrong->stamp == example);
    CHECK_FALSE(wrong->intact);
}

}  // namespace roger
