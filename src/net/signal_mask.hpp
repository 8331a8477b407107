// Which signals a thread leaves to others: those that it starts inherit that.
#pragma once

#include <csignal>
#include <initializer_list>

#include <pthread.h>

namespace roger {

/// `how` is SIG_BLOCK or SIG_UNBLOCK: pthread_sigmask(3).
inline void change_signal_mask(int how, std::initializer_list<int> signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (int const signal : signals) {
        ::sigaddset(&set, signal);
    }
    ::pthread_sigmask(how, &set, nullptr);
}

/// For a program that hears SIGINT and SIGTERM on another thread: the system gives a signal to the
/// main thread where that takes it, also where it hangs in a call and will never handle it. And for
/// one that hears them no more: a late copy of the signal that it has obeyed must not end it as it
/// does by default.
inline void block_stop_signals() {
    change_signal_mask(SIG_BLOCK, {SIGINT, SIGTERM});
}

/// Threads started meanwhile are not disturbed by what is meant for the program.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(SignalsBlocked const&) = delete;
    SignalsBlocked& operator=(SignalsBlocked const&) = delete;

private:
    sigset_t before_{};
};

}  // namespace roger
