// Preloaded into a program under test (LD_PRELOAD, ld.so(8)): its system calls, which fail when the
// test says so and are the C library's otherwise.
#include "failing_calls/failing.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {
namespace {

CallFailures* map_failures() {
    char const* const path = std::getenv(failures_variable);
    int const file = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) {
        return nullptr;
    }
    void* const memory =
        ::mmap(nullptr, sizeof(CallFailures), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    return memory != MAP_FAILED ? static_cast<CallFailures*>(memory) : nullptr;
}

/// Between two looks whether a call is still held.
constexpr useconds_t held_look_us = 500;

/// What a thread waits for that is held.
struct Release {
    std::atomic<bool> const& held;
    pid_t program;
};

/// In a process of its own, which ends with the thread that it holds.
int wait_for_release(void* argument) {
    auto const& release = *static_cast<Release*>(argument);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (release.held && ::getppid() == release.program) {
        ::usleep(held_look_us);
    }
    return 0;
}

/// As a disk that hangs does (state D): nothing but the release or the end of the process ends the
/// wait, no handler of a signal least of all. That is how vfork(2) waits for its child.
void wait_as_for_disk(std::atomic<bool> const& held) {
    alignas(16) std::array<char, 64UL * 1024> stack;
    Release release{held, ::getpid()};
    pid_t const child =
        ::clone(wait_for_release, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK, &release);
    if (child < 0) {
        std::abort();  // not a hang that a test could rely on
    }
    while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
    }
}

/// Before that nothing fails: a library loaded earlier may call before this one is set up.
CallFailures* failures = nullptr;

[[gnu::constructor]] void set_up() {
    failures = map_failures();
}

/// The errno with which the call is to fail this time, or 0.
int failure(Call call, int descriptor) {
    if (failures == nullptr) {
        return 0;
    }
    CallFailure& how = (*failures)[static_cast<std::size_t>(call)];
    int const only = how.descriptor;
    if (how.held && (only == any_descriptor || only == descriptor)) {
        ++how.holding;
        wait_as_for_disk(how.held);
    }
    std::uint64_t left = how.left;
    do {
        if (left == 0 || (only != any_descriptor && only != descriptor)) {
            return 0;
        }
    } while (!how.left.compare_exchange_weak(left, left == every_time ? left : left - 1));
    if (int const signal = how.signal; signal != 0) {
        ::kill(::getpid(), signal);
    }
    ++how.seen;
    return how.error;
}

/// The function of this name and type that would have been called without this library.
template <typename Function>
Function* next(Function& /*its type*/, char const* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

[[gnu::destructor]] void quit() {
    failure(Call::quit, any_descriptor);
}

}  // namespace

bool fails(Call call, int descriptor) {
    int const error = failure(call, descriptor);
    if (error != 0) {
        errno = error;
    }
    return error != 0;
}

}  // namespace roger::test

using roger::test::any_descriptor;
using roger::test::Call;
using roger::test::fails;
using roger::test::failure;
using roger::test::next;

extern "C" {

int accept(int socket, sockaddr* address, socklen_t* size) {
    static auto* const real = next(accept, "accept");
    return fails(Call::accept, socket) ? -1 : real(socket, address, size);
}

int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
    static auto* const real = next(accept4, "accept4");
    return fails(Call::accept4, socket) ? -1 : real(socket, address, size, flags);
}

// As on Linux, the descriptor is gone whatever close() says.
int close(int descriptor) {
    static auto* const real = next(close, "close");
    int const result = real(descriptor);
    return fails(Call::close, descriptor) ? -1 : result;
}

int epoll_ctl(int set, int operation, int descriptor, epoll_event* event) noexcept {
    static auto* const real = next(epoll_ctl, "epoll_ctl");
    return fails(Call::epoll_ctl, descriptor) ? -1 : real(set, operation, descriptor, event);
}

int fdatasync(int descriptor) {
    static auto* const real = next(fdatasync, "fdatasync");
    return fails(Call::fdatasync, descriptor) ? -1 : real(descriptor);
}

int fsync(int descriptor) {
    static auto* const real = next(fsync, "fsync");
    return fails(Call::fsync, descriptor) ? -1 : real(descriptor);
}

// Returns its error.
int pthread_create(pthread_t* thread, pthread_attr_t const* attributes, void* (*run)(void*),
                   void* argument) noexcept {
    static auto* const real = next(pthread_create, "pthread_create");
    int const error = failure(Call::pthread_create, any_descriptor);
    return error != 0 ? error : real(thread, attributes, run, argument);
}

ssize_t read(int descriptor, void* buffer, size_t size) {
    static auto* const real = next(read, "read");
    return fails(Call::read, descriptor) ? -1 : real(descriptor, buffer, size);
}

ssize_t recv(int socket, void* buffer, size_t size, int flags) {
    static auto* const real = next(recv, "recv");
    return fails(Call::recv, socket) ? -1 : real(socket, buffer, size, flags);
}

ssize_t recvfrom(int socket, void* buffer, size_t size, int flags, sockaddr* address,
                 socklen_t* address_size) {
    static auto* const real = next(recvfrom, "recvfrom");
    return fails(Call::recvfrom, socket) ? -1
                                         : real(socket, buffer, size, flags, address, address_size);
}

int recvmmsg(int socket, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
    static auto* const real = next(recvmmsg, "recvmmsg");
    return fails(Call::recvmmsg, socket) ? -1 : real(socket, messages, count, flags, timeout);
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
    static auto* const real = next(recvmsg, "recvmsg");
    return fails(Call::recvmsg, socket) ? -1 : real(socket, message, flags);
}

ssize_t send(int socket, void const* buffer, size_t size, int flags) {
    static auto* const real = next(send, "send");
    return fails(Call::send, socket) ? -1 : real(socket, buffer, size, flags);
}

int sendmmsg(int socket, mmsghdr* messages, unsigned count, int flags) {
    static auto* const real = next(sendmmsg, "sendmmsg");
    return fails(Call::sendmmsg, socket) ? -1 : real(socket, messages, count, flags);
}

ssize_t sendmsg(int socket, msghdr const* message, int flags) {
    static auto* const real = next(sendmsg, "sendmsg");
    return fails(Call::sendmsg, socket) ? -1 : real(socket, message, flags);
}

int socket(int family, int type, int protocol) noexcept {
    static auto* const real = next(socket, "socket");
    return fails(Call::socket, family) ? -1 : real(family, type, protocol);
}

ssize_t write(int descriptor, void const* buffer, size_t size) {
    static auto* const real = next(write, "write");
    return fails(Call::write, descriptor) ? -1 : real(descriptor, buffer, size);
}

ssize_t writev(int descriptor, iovec const* buffers, int count) {
    static auto* const real = next(writev, "writev");
    return fails(Call::writev, descriptor) ? -1 : real(descriptor, buffers, count);
}

}  // extern "C"
