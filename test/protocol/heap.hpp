// How much of the heap is in use, as the allocator knows it: no allocation of ours is replaced.
#pragma once

#include <cstddef>

#include <malloc.h>

// There under ASan and TSan, whose allocators mallinfo2() knows nothing of. GCC installs no header
// that declares it.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" [[gnu::weak]] std::size_t __sanitizer_get_current_allocated_bytes();

namespace roger::test {

inline std::size_t heap_in_use() {
    if (__sanitizer_get_current_allocated_bytes != nullptr) {
        return __sanitizer_get_current_allocated_bytes();
    }
    struct mallinfo2 const info = mallinfo2();
    return info.uordblks + info.hblkhd;
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
