// Failures of system calls, put into a program under test.
#pragma once

#include "failing_calls/calls.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roger::test {

/// Makes calls of a program fail that the system itself would hardly make fail for a test:
///
///     FailingCalls calls;
///     auto server = start_with(calls, {...});
///     calls.fail(Call::recvmmsg, ENOMEM);
///     ...
///     calls.succeed(Call::recvmmsg);
///
/// Calls between functions of the C library itself are not reached: fwrite() does not fail.
class FailingCalls {
public:
    FailingCalls();
    ~FailingCalls();
    FailingCalls(FailingCalls const&) = delete;
    FailingCalls& operator=(FailingCalls const&) = delete;

    /// Nothing fails yet; what is said before the start holds from the start.
    void preload(Launch& launch) const;

    /// From now on the call fails with `error`, so many times; with error 0 it does not, and is
    /// counted.
    void fail(Call call, int error, std::uint64_t times = every_time,
              int descriptor = any_descriptor);
    void succeed(Call call);

    /// From now on the call does not return, as with a disk that hangs, until release(): its thread
    /// handles no signal meanwhile. The process can be killed, and end by itself, but not be
    /// stopped.
    void hold(Call call, int descriptor = any_descriptor);
    void release(Call call);
    /// How many times one has been held so far.
    [[nodiscard]] std::uint64_t held(Call call) const;

    /// At the next such calls the process gets the signal; they are made.
    void signal_at(Call call, int signal, std::uint64_t times = 1);

    /// How many times it has failed so far.
    [[nodiscard]] std::uint64_t failures(Call call) const;

private:
    TempDir directory_;
    CallFailures* failures_;
};

/// A server whose calls can be made to fail.
ServerProcess start_with(FailingCalls const& calls, std::vector<std::string> arguments,
                         ServerSetup setup = {});

}  // namespace roger::test
