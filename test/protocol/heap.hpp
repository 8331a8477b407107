// How much of the heap is in use, as the allocator knows it: no allocation of ours is replaced.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/allocator_interface.h>
#else
#include <malloc.h>
#endif

namespace roger::test {

inline std::size_t heap_in_use() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 const info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

/// The heap's growth since this was made. Small blocks may be counted although they were freed;
/// blocks of more than a kilobyte never are.
class Heap {
public:
    [[nodiscard]] std::size_t growth() const {
        std::size_t const now = heap_in_use();
        return now > before_ ? now - before_ : 0;
    }

private:
    std::size_t before_ = heap_in_use();
};

}  // namespace roger::test
