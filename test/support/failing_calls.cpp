// Failures of system calls, put into a program under test.
#include "support/failing_calls.hpp"

#include "support/deadline.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// Only the system tests have a program to preload something into.
#if defined(ROGER_FAILING_CALLS)

namespace roger::test {

namespace {

CallFailures* map_new_file(std::string const& path) {
    Descriptor const file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file || ::ftruncate(file.get(), sizeof(CallFailures)) != 0) {
        throw Failure(path + ": " + errno_text(errno));
    }
    void* const memory =
        ::mmap(nullptr, sizeof(CallFailures), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (memory == MAP_FAILED) {
        throw Failure("mmap: " + errno_text(errno));
    }
    return new (memory) CallFailures{};
}

/// What the environment already has for the variable, and this.
std::string with(char const* variable, std::string const& addition) {
    char const* const now = std::getenv(variable);
    return now != nullptr && *now != '\0' ? std::string(now) + ':' + addition : addition;
}

}  // namespace

FailingCalls::FailingCalls() : failures_(map_new_file(directory_ / "failures")) {}

FailingCalls::~FailingCalls() {
    ::munmap(failures_, sizeof(CallFailures));
}

void FailingCalls::preload(Launch& launch) const {
    launch.environment.emplace_back("LD_PRELOAD", with("LD_PRELOAD", ROGER_FAILING_CALLS));
    launch.environment.emplace_back(failures_variable, directory_ / "failures");
    // ASan wants to come first, for what it replaces; none of it is replaced here.
    launch.environment.emplace_back("ASAN_OPTIONS",
                                    with("ASAN_OPTIONS", "verify_asan_link_order=0"));
}

void FailingCalls::fail(Call call, int error, std::uint64_t times, int descriptor) {
    CallFailure& how = (*failures_)[static_cast<std::size_t>(call)];
    how.left = 0;
    how.error = error;
    how.signal = 0;
    how.descriptor = descriptor;
    how.left = times;
}

void FailingCalls::succeed(Call call) {
    (*failures_)[static_cast<std::size_t>(call)].left = 0;
}

void FailingCalls::signal_at(Call call, int signal, std::uint64_t times) {
    fail(call, 0, 0);
    CallFailure& how = (*failures_)[static_cast<std::size_t>(call)];
    how.signal = signal;
    how.left = times;
}

void FailingCalls::hold(Call call, int descriptor) {
    CallFailure& how = (*failures_)[static_cast<std::size_t>(call)];
    how.descriptor = descriptor;
    how.held = true;
}

void FailingCalls::release(Call call) {
    (*failures_)[static_cast<std::size_t>(call)].held = false;
}

std::uint64_t FailingCalls::held(Call call) const {
    return (*failures_)[static_cast<std::size_t>(call)].holding;
}

std::uint64_t FailingCalls::failures(Call call) const {
    return (*failures_)[static_cast<std::size_t>(call)].seen;
}

ServerProcess start_with(FailingCalls const& calls, std::vector<std::string> arguments,
                         ServerSetup setup) {
    calls.preload(setup.launch);
    return ServerProcess::start(std::move(arguments), std::move(setup));
}

}  // namespace roger::test

#endif
