// Memory from the heap, of a program under test: as in preload.cpp, but for dlsym(3), which takes
// some itself.
#include "failing_calls/failing.hpp"

#include <cstddef>

using roger::test::any_descriptor;
using roger::test::Call;
using roger::test::fails;

namespace {
bool none_left() {
    return fails(Call::allocate, any_descriptor);
}
}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the C library's
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
    return none_left() ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
    return none_left() ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
    return none_left() ? nullptr : __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return none_left() ? nullptr : __libc_memalign(alignment, size);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
