// A stream that loses, delays and repeats, in virtual time: what a network, a new leader and a
// killed server do to one.
#pragma once

#include "stream/block_store.hpp"
#include "stream/ordered_appender.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// The faults that are drawn, each with this probability.
struct Faults {
    double lost = 0;        ///< a request that never arrives
    double late = 0;        ///< one that arrives after somebody stopped waiting for it
    double unanswered = 0;  ///< one that is carried out, and its answer is lost
    double rejected = 0;    ///< an error at once: no leader
    double stale = 0;       ///< a read that tells what was
    double foreign = 0;     ///< somebody else's message before a request
};

class SimulatedStream final : public BlockStore, public RetryTime {
public:
    struct Stored {
        std::string id;
        std::string block;
    };

    SimulatedStream(std::uint32_t seed, Faults faults) : random_(seed), faults_(faults) {}

    void allow(std::chrono::milliseconds time) { left_ = time; }
    [[nodiscard]] std::vector<Stored> const& stored() const { return stored_; }
    /// All that was stored is gone. (A stream would go on counting where messages expire.)
    void recreate() { stored_.clear(); }
    void expire() {
        recreate();
        expires_ = true;
    }
    /// Its messages have gone, and it has put one of its own in their place.
    void expire_with_marker() {
        stored_.push_back({"", ""});
        marked_ = stored_.size();
        expires_ = true;
    }
    /// How often a block in doubt was found.
    [[nodiscard]] int found() const { return found_; }

    Result append(std::string_view block, std::string const& id, std::uint64_t expected_last,
                  std::chrono::milliseconds most) override {
        deliver_late();
        if (draw(faults_.foreign)) {
            stored_.push_back({"somebody:1", "foreign\n"});
        }
        Request const request{std::string(block), id, expected_last};
        if (draw(faults_.rejected)) {
            return {.reason = "no leader"};
        }
        if (draw(faults_.lost)) {
            return time_out(most);
        }
        if (draw(faults_.late)) {
            late_.push_back(request);
            return time_out(most);
        }
        bool const done = carry_out(request);
        if (draw(faults_.unanswered)) {
            return time_out(most);
        }
        return done ? Result{.appended = Appended::stored, .sequence = stored_.size(), .reason = {}}
                    : Result{.appended = Appended::conflict, .sequence = 0, .reason = {}};
    }

    std::optional<LastBlock> last(std::chrono::milliseconds most, std::string& reason) override {
        deliver_late();
        if (draw(faults_.lost)) {
            reason = time_out(most).reason;
            return std::nullopt;
        }
        std::size_t known = stored_.size();
        if (known > 0 && draw(faults_.stale)) {
            known = std::uniform_int_distribution<std::size_t>(0, known - 1)(random_);
        }
        return LastBlock{.sequence = known,
                         .id = known == 0 ? std::string() : stored_[known - 1].id,
                         .is_marker = known != 0 && known == marked_,
                         .expires = expires_};
    }

    void found_stored() override { ++found_; }

    std::chrono::milliseconds left() override { return left_; }
    void pause(std::chrono::milliseconds time) override { pass(time); }

private:
    struct Request {
        std::string block;
        std::string id;
        std::uint64_t expected_last;
    };

    bool draw(double probability) { return std::bernoulli_distribution(probability)(random_); }
    void pass(std::chrono::milliseconds time) { left_ -= std::min(left_, time); }

    Result time_out(std::chrono::milliseconds most) {
        pass(most);
        return {.reason = "Timeout"};
    }

    bool carry_out(Request const& request) {
        if (request.expected_last != stored_.size()) {
            return false;
        }
        stored_.push_back({request.id, request.block});
        return true;
    }

    /// Some of them, in any order.
    void deliver_late() {
        std::ranges::shuffle(late_, random_);
        while (!late_.empty() && draw(0.5)) {
            carry_out(late_.back());
            late_.pop_back();
        }
    }

    std::mt19937 random_;
    Faults faults_;
    std::vector<Stored> stored_;
    std::vector<Request> late_;
    bool expires_ = false;
    std::size_t marked_ = 0;  ///< the number of the stream's own message; 0: there is none
    int found_ = 0;
    std::chrono::milliseconds left_{0};
};

}  // namespace roger::test
