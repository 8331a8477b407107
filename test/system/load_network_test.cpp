// Datagrams in a network that loses, copies and reorders them: load's counts are the kernel's own.
#include "support/load_process.hpp"
#include "support/network.hpp"
#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace roger::test;

namespace {

constexpr std::int64_t planned_messages = 1000;

/// What load and the kernel counted of the same run.
struct PacketCounts {
    LoadResult load;
    Network::Packets kernel;

    [[nodiscard]] std::int64_t surplus() const { return load.report.at("surplus_answers"); }
    [[nodiscard]] std::int64_t late() const {
        return load.report.at("datagrams").at("late_answers");
    }
    [[nodiscard]] std::int64_t acked() const { return std::int64_t(load.outcome("acked")); }
    [[nodiscard]] std::int64_t timed_out() const { return std::int64_t(load.outcome("timed_out")); }
    [[nodiscard]] std::int64_t written() const { return load.audited("written"); }
    [[nodiscard]] auto sent() const { return std::int64_t(kernel.sent); }
    [[nodiscard]] auto dropped() const { return std::int64_t(kernel.dropped); }
    /// Each message goes out once, and each record is acked once.
    [[nodiscard]] auto put_in() const { return planned_messages + written(); }
    [[nodiscard]] auto came_out() const { return written() + acked() + late() + surplus(); }
};

/// Nothing but the test's datagrams is on the network, to and fro.
PacketCounts run_in(Network const& network, std::string const& ack_timeout) {
    TempDir const directory;
    auto launch = server_launch({"--show", "raw", "udp:127.0.0.1:51717"});
    launch.out = Stdio::file(directory / "output");
    Process server(network.inside(launch));
    server.err().read_until("listening on udp:127.0.0.1:51717\n");

    Process load(network.inside(
        load_launch({"--clients", "50", "--messages", std::to_string(planned_messages), "--rate",
                     "4000", "--ack-timeout", ack_timeout, "--audit", directory / "output",
                     "--json", directory / "report", "udp:127.0.0.1:51717"})));
    PacketCounts counts{.load = {.exit = load.wait_for_exit(),
                                 .out = load.out().last_words(),
                                 .err = load.err().last_words(),
                                 .report = {}},
                        .kernel = network.packets()};
    counts.load.report = nlohmann::json::parse(read_file(directory / "report"));
    CHECK(server.terminate() == Exit::with(0));
    CHECK(counts.load.planned() == planned_messages);
    CHECK(counts.load.sum_of_outcomes() == planned_messages);
    CHECK(counts.load.audited("acked_not_written") == 0);
    CHECK(counts.load.audited("damaged") == 0);
    return counts;
}

void trouble_or_skip(Network& network, std::vector<std::string> const& words) {
    if (!network.trouble(words)) {
        SKIP("this kernel has no " + words.front());
    }
}

}  // namespace

TEST_CASE("Where nothing is lost, load counts no loss (needs a network namespace)",
          "[load][system]") {
    need_network();
    Network network;
    REQUIRE(network.trouble({"pfifo", "limit", "10000"}));
    PacketCounts const counts = run_in(network, "10s");
    CAPTURE(counts.load.out, counts.load.err);
    CHECK(counts.load.exit == Exit::with(0));
    CHECK(counts.acked() == planned_messages);
    CHECK(counts.sent() == 2 * planned_messages);
    CHECK(counts.dropped() == 0);
    CHECK(counts.load.audited("lost") == 0);
    CHECK(counts.surplus() == 0);
}

TEST_CASE("Load counts what a link too slow drops (needs a network namespace)", "[load][system]") {
    need_network();
    Network network;
    trouble_or_skip(network, {"tbf", "rate", "4mbit", "burst", "2kb", "limit", "2kb"});
    PacketCounts const counts = run_in(network, "3s");
    CAPTURE(counts.load.out, counts.load.err, counts.kernel.sent, counts.kernel.dropped);
    CHECK(counts.dropped() > 0);
    CHECK(counts.sent() == counts.came_out());
    CHECK(counts.dropped() ==
          counts.load.audited("lost") + counts.load.audited("written_not_acked") - counts.late());
    CHECK(counts.timed_out() == planned_messages - counts.acked());
    CHECK(counts.load.audited("written_twice") == 0);
    CHECK(counts.surplus() == 0);
}

TEST_CASE("Load counts what netem loses, copies and reorders (needs a network namespace and netem)",
          "[load][system]") {
    need_network();
    Network network;
    trouble_or_skip(network, {"netem", "limit", "100000", "delay", "5ms", "loss", "5%", "duplicate",
                              "2%", "reorder", "10%"});
    PacketCounts const counts = run_in(network, "3s");
    CAPTURE(counts.load.out, counts.load.err, counts.kernel.sent, counts.kernel.dropped);
    // What came out is what went in, less the losses, and the copies besides.
    std::int64_t const copies = counts.sent() + counts.dropped() - counts.put_in();
    CHECK(counts.dropped() > 0);
    CHECK(copies > 0);
    CHECK(counts.sent() == counts.came_out());
    CHECK(counts.load.audited("lost") > 0);
    CHECK(counts.load.audited("written_twice") > 0);
    CHECK(counts.load.audited("written_twice") + counts.surplus() > 0);
    CHECK(counts.load.audited("out_of_order") > 0);
    CHECK(counts.timed_out() == planned_messages - counts.acked());
}
