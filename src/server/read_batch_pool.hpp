// Read batches for further use: with the memory that they keep, a message costs no allocation.
#pragma once

#include "server/read_batch.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace roger {

/// Of one event loop. Keeps no more than a round usually has, and no large ones.
class ReadBatchPool {
public:
    class Recycle {
    public:
        explicit Recycle(ReadBatchPool* pool = nullptr) : pool_(pool) {}
        void operator()(ReadBatch* batch) const { pool_->keep(std::unique_ptr<ReadBatch>(batch)); }

    private:
        ReadBatchPool* pool_;
    };
    using Pointer = std::unique_ptr<ReadBatch, Recycle>;

    ReadBatchPool() { batches_.reserve(most_batches); }

    Pointer take() {
        if (batches_.empty()) {
            return Pointer(new ReadBatch, Recycle(this));
        }
        Pointer batch(batches_.back().release(), Recycle(this));
        batches_.pop_back();
        return batch;
    }

private:
    static constexpr std::size_t most_batches = 256;
    static constexpr std::size_t most_bytes = 2048;

    void keep(std::unique_ptr<ReadBatch> batch) {
        if (batches_.size() != most_batches && batch->capacity() <= most_bytes) {
            batch->clear();
            batches_.push_back(std::move(batch));
        }
    }

    std::vector<std::unique_ptr<ReadBatch>> batches_;
};

}  // namespace roger
