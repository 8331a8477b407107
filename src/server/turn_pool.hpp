// Turns for further use: with the room that they have, a message costs no allocation.
#pragma once

#include "server/turn.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace roger {

/// Of one event loop. Keeps no more turns than a round usually has, and no large ones.
class TurnPool {
public:
    class Recycle {
    public:
        explicit Recycle(TurnPool* pool = nullptr) : pool_(pool) {}
        void operator()(Turn* turn) const { pool_->keep(std::unique_ptr<Turn>(turn)); }

    private:
        TurnPool* pool_;
    };
    using Pointer = std::unique_ptr<Turn, Recycle>;

    TurnPool() { turns_.reserve(most_turns); }

    Pointer take() {
        if (turns_.empty()) {
            return Pointer(new Turn, Recycle(this));
        }
        Pointer turn(turns_.back().release(), Recycle(this));
        turns_.pop_back();
        return turn;
    }

private:
    static constexpr std::size_t most_turns = 256;
    static constexpr std::size_t most_bytes = 2048;

    void keep(std::unique_ptr<Turn> turn) {
        if (turns_.size() != most_turns && turn->capacity() <= most_bytes) {
            turn->clear();
            turns_.push_back(std::move(turn));
        }
    }

    std::vector<std::unique_ptr<Turn>> turns_;
};

}  // namespace roger
