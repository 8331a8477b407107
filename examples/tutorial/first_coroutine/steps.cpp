// A coroutine made by hand, which tells each of its steps. There is no event loop: main() resumes
// it.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <functional>
#include <new>

// [frame]
char const* frame = nullptr;
std::size_t frame_size = 0;

// Where an object is: in the coroutine's frame, or elsewhere, that is, on the stack.
char const* place_of(void const* object) {
    auto const* const address = static_cast<char const*>(object);
    bool const inside =
        !std::less<>{}(address, frame) && std::less<>{}(address, frame + frame_size);
    return inside ? "in the frame" : "on the stack";
}
// [/frame]

// [task]
// What a coroutine of ours returns to its caller. The compiler looks for promise_type in it.
struct Task {
    struct promise_type {
        static void* operator new(std::size_t size) {
            std::printf("    a frame is allocated\n");
            frame = static_cast<char const*>(::operator new(size));
            frame_size = size;
            return const_cast<char*>(frame);
        }
        static void operator delete(void* memory) {
            std::printf("    the frame is freed\n");
            ::operator delete(memory);
        }
        Task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() { return {}; }         // begins when it is called
        std::suspend_never final_suspend() noexcept { return {}; }  // frees its frame at its end
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<> coroutine;
};
// [/task]

// [awaitable]
int arrived = 0;  // what the coroutine waits for

// What can be awaited: the compiler calls these three.
struct Arrival {
    bool await_ready() {
        std::printf("    await_ready: nothing is here yet\n");
        return false;
    }
    void await_suspend(std::coroutine_handle<>) {
        std::printf("    await_suspend: the coroutine is suspended\n");
    }
    int await_resume() {
        std::printf("    await_resume: the value is %d\n", arrived);
        return arrived;
    }
};
// [/awaitable]

// [coroutine]
Task add_two_numbers() {
    std::printf("  coroutine: begins\n");
    int const first = co_await Arrival{};
    std::printf("  coroutine: has %d, which is kept %s\n", first, place_of(&first));
    int const second = co_await Arrival{};
    std::printf("  coroutine: the sum is %d\n", first + second);
}

int main() {
    std::printf("main: calls the coroutine\n");
    Task const task = add_two_numbers();
    std::printf("main: the call has returned; task is %s\n", place_of(&task));
    arrived = 40;
    std::printf("main: resumes it\n");
    task.coroutine.resume();
    arrived = 2;
    std::printf("main: resumes it again\n");
    task.coroutine.resume();
    std::printf("main: ends\n");
}
// [/coroutine]
