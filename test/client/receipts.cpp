// Which messages were not acknowledged, in sentences.
#include "client/receipts.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roger {

TEST_CASE("With every message acknowledged there is nothing to say", "[receipts][client]") {
    Receipts receipts;
    CHECK(receipts.complete());
    receipts.acknowledged();
    CHECK(receipts.complete());
    CHECK(receipts.summary().empty());
}

TEST_CASE("One message that was not acknowledged is one sentence", "[receipts][client]") {
    Receipts receipts;
    receipts.acknowledged();
    CHECK(receipts.not_acknowledged("error: busy") ==
          "message 2 was not acknowledged: error: busy");
    receipts.acknowledged();
    CHECK_FALSE(receipts.complete());
    CHECK(receipts.summary().empty());
}

TEST_CASE("Several are summed up, with the first of them", "[receipts][client]") {
    Receipts receipts;
    receipts.acknowledged();
    receipts.not_acknowledged("error: message longer than 5 bytes");
    receipts.acknowledged();
    CHECK(receipts.not_acknowledged("no answer within 30s") ==
          "message 4 was not acknowledged: no answer within 30s");
    CHECK(receipts.summary() ==
          "2 of 4 messages were not acknowledged, "
          "the first of them message 2: error: message longer than 5 bytes");
}

}  // namespace roger
