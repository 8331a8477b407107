// SIGINT and SIGTERM for a server: the first drains, a second one ends at once.
#pragma once

#include "roger/server.hpp"

#include <functional>
#include <memory>

namespace roger {

/// What else a program does at a signal. All of it is called on the thread of Signals; what it
/// throws is a failure of the server's, which then drains.
struct SignalHooks {
    /// At SIGUSR1; without it that signal is left alone.
    std::function<void()> on_user_signal = {};
    /// At the first SIGINT or SIGTERM, before Server::stop().
    std::function<void()> on_stop = {};
    /// Instead of Server::end_now(), at the second.
    std::function<void()> on_second_stop = {};
};

/// Hears the process's signals on a thread of its own, whatever the server's loops are busy with:
/// the first SIGINT or SIGTERM is Server::stop(), a second one Server::end_now(). One that comes
/// within half a second of the moment at which the first was obeyed is no second one: timeout(1),
/// shells and service managers signal a process and its group, microseconds apart.
///
///     roger::Server server(options, handler);
///     roger::Signals const signals(server);
///     server.run();
///
/// Its thread takes these signals even if the thread that makes it has them blocked. The others had
/// better: the system gives a signal to the main thread where that takes it, also while it hangs in
/// a call that nothing interrupts (a disk that is gone), and then nobody hears it. So block SIGINT
/// and SIGTERM, and SIGUSR1 if there is a hook, with pthread_sigmask(3) in main(): at its start,
/// for signals that wait until this is made, or right after it is made, for signals that end the
/// program until then. Threads inherit that (and programs that are executed do). A late copy of a
/// signal that was obeyed then does not end a program in which this has been destroyed already.
///
/// A process has one at a time. When it is destroyed, each signal does again what it does by
/// default: signal(7).
class Signals {
public:
    /// `server` outlives it. Throws Error, Errc::no_thread, if the system allows no thread,
    /// std::system_error if a signal cannot be handled.
    explicit Signals(Server& server, SignalHooks hooks = {});
    /// Waits for a hook that is running.
    ~Signals();
    Signals(Signals const&) = delete;
    Signals& operator=(Signals const&) = delete;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace roger
