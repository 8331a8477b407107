// Who is served, who waits and who is refused, without a socket.
#include "server/admission.hpp"

#include "net/spawn.hpp"
#include "roger/task.hpp"
#include "support/rethrow.hpp"

#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace roger {
namespace {

using test::rethrow;

/// A server of which there is nothing but its admission.
struct AdmissionAlone {
    asio::io_context context;
    std::shared_ptr<void> server = std::make_shared<int>();
    Admission admission;

    AdmissionAlone(WhenFull when_full, std::size_t limit)
        : admission(context, {.limit = limit, .when_full = when_full}, server) {}

    /// Whatever can go on now.
    void run() {
        context.restart();
        context.poll();
    }
};

Task<void> enter(Admission& admission, Permit& permit) {
    while (admission.must_wait()) {
        co_await admission.wait();
    }
    permit = admission.admit();
}

}  // namespace

TEST_CASE("At the limit newcomers wait until a permit is given back, on whatever thread",
          "[admission][server][concurrency]") {
    AdmissionAlone alone(WhenFull::wait, 2);
    Permit first = alone.admission.admit();
    CHECK(alone.admission.admissible(5) == 1);
    Permit const second = alone.admission.admit();
    CHECK(first);
    CHECK(second);
    CHECK(alone.admission.must_wait());
    CHECK(alone.admission.admissible(5) == 0);

    Permit newcomer;
    spawn(alone.context.get_executor(), enter(alone.admission, newcomer), rethrow);
    alone.run();
    CHECK_FALSE(newcomer);

    std::thread([&] { first = Permit(); }).join();
    alone.run();
    CHECK(newcomer);
    CHECK(alone.admission.must_wait());
}

TEST_CASE("Of those who wait no more enter than permits are given back",
          "[admission][server][concurrency]") {
    AdmissionAlone alone(WhenFull::wait, 1);
    Permit holder = alone.admission.admit();
    Permit one;
    Permit other;
    spawn(alone.context.get_executor(), enter(alone.admission, one), rethrow);
    spawn(alone.context.get_executor(), enter(alone.admission, other), rethrow);
    alone.run();
    holder = Permit();
    alone.run();
    CHECK(one);
    CHECK_FALSE(other);
    one = Permit();
    alone.run();
    CHECK(other);
}

TEST_CASE("Where newcomers are refused nobody waits, and few linger", "[admission][server]") {
    AdmissionAlone alone(WhenFull::refuse, 1);
    Permit const holder = alone.admission.admit();
    CHECK_FALSE(alone.admission.must_wait());
    CHECK(alone.admission.admissible(5) == 5);
    CHECK_FALSE(alone.admission.admit());

    std::vector<Permit> lingering;
    for (Permit permit = alone.admission.permit_to_linger(); permit;
         permit = alone.admission.permit_to_linger()) {
        lingering.push_back(std::move(permit));
    }
    CHECK(lingering.size() == 8);
    lingering.pop_back();
    CHECK(alone.admission.permit_to_linger());
    CHECK_FALSE(alone.admission.admit());  // the two are counted apart
}

}  // namespace roger
