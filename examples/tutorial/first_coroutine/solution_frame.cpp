// How large a coroutine's frame is, with a buffer that lives while the coroutine is suspended, and
// with one that does not.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <new>

struct Task {
    struct promise_type {
        static void* operator new(std::size_t size) {
            std::printf("a frame of %zu bytes\n", size);
            return ::operator new(size);
        }
        static void operator delete(void* memory) { ::operator delete(memory); }
        Task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<> coroutine;
};

// [coroutines]
void fill(char* buffer, std::size_t size) {
    std::snprintf(buffer, size, "hello");
}

Task buffer_in_the_coroutine() {
    char buffer[4096];
    co_await std::suspend_always();
    fill(buffer, sizeof buffer);
}

void buffer_in_a_function() {
    char buffer[4096];
    fill(buffer, sizeof buffer);
}

Task buffer_elsewhere() {
    co_await std::suspend_always();
    buffer_in_a_function();
}
// [/coroutines]

int main() {
    buffer_in_the_coroutine().coroutine.resume();
    buffer_elsewhere().coroutine.resume();
}
