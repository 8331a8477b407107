// What the operator reads when nothing can be stored.
#include "stream/outage.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger::test {
namespace {

using namespace std::chrono_literals;

using Sentences = std::vector<std::string>;

/// Time passes when the test says so.
struct ToldOutage {
    Sentences lines;
    Outage::Clock::time_point now;
    Outage outage{[this](LogLevel, std::string_view line) { lines.emplace_back(line); },
                  [this] { return now; }};

    Sentences take() { return std::exchange(lines, {}); }
};

}  // namespace

TEST_CASE("An outage is told once a second for each reason, and when it is over", "[stream]") {
    ToldOutage told;
    told.outage.stored(0);
    CHECK(told.take().empty());

    for (int tenth = 0; tenth != 20; ++tenth) {
        told.outage.cannot_store(0, "no leader");
        told.outage.cannot_store(0, "Timeout");
        told.now += 100ms;
    }
    CHECK(told.take() == Sentences{"cannot store: no leader; trying again",
                                   "cannot store: Timeout; trying again",
                                   "cannot store: no leader; trying again",
                                   "cannot store: Timeout; trying again"});
    told.outage.stored(0);
    told.outage.stored(0);
    CHECK(told.take() == Sentences{"stored again, after 2.0 s of trying"});
}

TEST_CASE("An outage lasted as long as somebody tried, not until somebody comes again",
          "[stream]") {
    ToldOutage told;
    told.outage.cannot_store(0, "no leader");
    told.now += 20s;
    told.outage.given_up(0);
    told.take();
    told.now += 3h;
    told.outage.stored(0);
    CHECK(told.take() == Sentences{"stored again, after 20.0 s of trying"});

    told.outage.cannot_store(0, "no leader");
    told.now += 20s;
    told.outage.given_up(0);
    told.now += 3h;
    told.outage.cannot_store(0, "no leader");
    told.now += 1s;
    told.take();
    told.outage.stored(0);
    CHECK(told.take() == Sentences{"stored again, after 21.0 s of trying"});
}

TEST_CASE("What one event loop stores does not end the outage of another", "[stream]") {
    ToldOutage told;
    told.outage.cannot_store(0, "no leader");
    told.outage.stored(1);
    told.outage.cannot_store(0, "no leader");
    CHECK(told.take() == Sentences{"cannot store: no leader; trying again"});

    // One that has given up is no obstacle.
    told.outage.cannot_store(1, "no leader");
    told.now += 1s;
    told.outage.given_up(0);
    told.outage.stored(1);
    CHECK(told.take() == Sentences{"stored again, after 1.0 s of trying"});
}

TEST_CASE("A warning does not hide another one, and is repeated after a minute", "[stream]") {
    ToldOutage told;
    told.outage.warn("somebody else");
    told.outage.warn("purged");
    told.outage.warn("somebody else");
    CHECK(told.take() == Sentences{"somebody else", "purged"});
    told.now += 1min;
    told.outage.warn("purged");
    CHECK(told.take() == Sentences{"purged"});

    // What will not be tried again is no outage.
    told.outage.refused("too long");
    told.outage.refused("too long");
    told.outage.stored(0);
    CHECK(told.take() == Sentences{"too long"});
}

}  // namespace roger::test
