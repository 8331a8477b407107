// A load test from its first connection to its report.
#pragma once

#include "load/audit_trail.hpp"
#include "load/intervals.hpp"
#include "load/queue_growth.hpp"
#include "load/settings.hpp"
#include "load/target.hpp"
#include "load/worker.hpp"
#include "net/async_condition.hpp"
#include "report/report.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace roger {

/// Its workers have a thread each; all else happens on the thread that runs `control`.
class LoadRun {
public:
    LoadRun(asio::io_context& control, LoadSettings const& settings, Target& target);
    ~LoadRun();
    LoadRun(LoadRun const&) = delete;
    LoadRun& operator=(LoadRun const&) = delete;

    /// Connects the clients, lets them send for the time or the number asked for, and waits for the
    /// last answers. Throws what a worker threw; the others end with this object.
    asio::awaitable<Report> run();

    /// Plans no more messages, and waits for what is in flight. Does not wait if nothing was
    /// planned any more in any case, nor the second time. To be called on the thread that runs
    /// `control`.
    void interrupt();

    // While it runs, and after.
    [[nodiscard]] Intervals const& intervals() const { return intervals_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] std::vector<AuditTrail const*> trails() const;

    /// After it: of an open loop. Nothing: there were too few responses to tell.
    [[nodiscard]] std::optional<QueueGrowth> queue_growth() const { return trend_.growth(); }

private:
    void start_workers();
    [[nodiscard]] Timeline make_timeline(
        std::optional<std::chrono::system_clock::time_point> start_at) const;
    void count_acked_in_time(Report& report) const;
    [[nodiscard]] Report make_report(Timeline const& timeline);
    void add_never_connected(Report& report) const;
    void worker_finished(std::exception_ptr const& thrown);
    [[nodiscard]] bool nobody_connected() const;

    asio::io_context& control_;
    LoadSettings settings_;
    Target& target_;
    std::uint64_t number_;  ///< random: tells this run's messages from any other's
    std::chrono::system_clock::time_point started_;
    Intervals intervals_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::jthread> threads_;
    ResponseTrend trend_;

    AsyncCondition changed_;
    std::size_t arrived_ = 0;
    std::size_t finished_ = 0;
    unsigned interrupts_ = 0;
    std::exception_ptr thrown_;
};

}  // namespace roger
