// A stream within this process that is out, slow or small when a test says so.
#pragma once

#include "stream/stream.hpp"
#include "support/deadline.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roger::test {

/// Takes blocks, or does not answer while it is out.
class FakeStream final : public Stream {
public:
    explicit FakeStream(std::size_t most_bytes = 1'000'000) : most_bytes_(most_bytes) {}

    std::unique_ptr<BlockStore> subject_of(std::size_t /*loop*/) override {
        return std::make_unique<Subject>(*this);
    }
    [[nodiscard]] std::size_t most_bytes() const override {
        std::lock_guard const lock(guard_);
        return most_bytes_;
    }
    [[nodiscard]] std::string ack_guarantee() const override { return ""; }
    void close() override {
        change([this] { closed_ = true; });
    }

    /// From now on.
    void take_at_most(std::size_t bytes) {
        change([this, bytes] { most_bytes_ = bytes; });
    }
    /// What is longer takes too long on its way, although the stream would take it.
    void carry_in_time(std::size_t bytes) {
        change([this, bytes] { carried_in_time_ = bytes; });
    }
    /// Whoever asks waits until answer_nobody(), however long that takes.
    void hold() {
        change([this] { held_ = true; });
    }
    void answer_nobody() {
        change([this] { held_ = false; });
    }

    void go_out() {
        change([this] { out_ = true; });
    }
    void come_back() {
        change([this] { out_ = false; });
    }
    /// Until somebody has asked it in vain.
    void wait_until_asked() {
        std::unique_lock lock(guard_);
        if (!changed_.wait_for(lock, default_deadline, [this] { return asked_in_vain_; })) {
            throw Failure("nobody has asked the stream");
        }
    }
    [[nodiscard]] bool was_asked() const {
        std::lock_guard const lock(guard_);
        return asked_in_vain_;
    }

    std::vector<std::string> blocks() {
        std::lock_guard const lock(guard_);
        return blocks_;
    }

private:
    class Subject final : public BlockStore {
    public:
        explicit Subject(FakeStream& stream) : stream_(stream) {}

        Result append(std::string_view block, std::string const& id, std::uint64_t expected_last,
                      std::chrono::milliseconds most) override {
            std::unique_lock lock(stream_.guard_);
            if (!stream_.answers(lock, most)) {
                return {.reason = "Timeout"};
            }
            if (block.size() > std::min(stream_.most_bytes_, stream_.carried_in_time_)) {
                return {.reason = "too long"};
            }
            if (stream_.blocks_.size() != expected_last) {
                return {.appended = Appended::conflict, .sequence = 0, .reason = {}};
            }
            stream_.blocks_.emplace_back(block);
            stream_.last_id_ = id;
            return {.appended = Appended::stored, .sequence = stream_.blocks_.size(), .reason = {}};
        }

        std::optional<LastBlock> last(std::chrono::milliseconds most,
                                      std::string& reason) override {
            std::unique_lock lock(stream_.guard_);
            if (!stream_.answers(lock, most)) {
                reason = "Timeout";
                return std::nullopt;
            }
            return LastBlock{.sequence = stream_.blocks_.size(), .id = stream_.last_id_};
        }

        void found_stored() override {}

    private:
        FakeStream& stream_;
    };

    template <typename Change>
    void change(Change const& make) {
        std::lock_guard const lock(guard_);
        make();
        changed_.notify_all();
    }

    bool answers(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds most) {
        if (out_ || held_) {
            asked_in_vain_ = true;
            changed_.notify_all();
        }
        if (held_) {
            changed_.wait(lock, [this] { return !held_ || closed_; });
            return false;
        }
        return changed_.wait_for(lock, most, [this] { return !out_ || closed_; }) && !closed_;
    }

    mutable std::mutex guard_;
    std::condition_variable changed_;
    std::size_t most_bytes_;
    std::size_t carried_in_time_ = std::numeric_limits<std::size_t>::max();
    bool out_ = false;
    bool held_ = false;
    bool closed_ = false;
    bool asked_in_vain_ = false;
    std::vector<std::string> blocks_;
    std::string last_id_;
};

}  // namespace roger::test
