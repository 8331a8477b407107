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
/// the first SIGINT or SIGTERM is Server::stop(), a second one Server::end_now(). For half a second
/// after the first has been acted on, further ones are taken for copies of it: timeout(1), shells
/// and service managers signal a process and its group, microseconds apart.
///
///     roger::Server server(options, handler);
///     roger::Signals const signals(server);
///     server.run();
///
/// Its thread takes these signals even if the thread that makes it has them blocked, and all other
/// threads should block them. The system prefers to give a signal to the main thread: while that
/// hangs in a call that cannot be interrupted (a disk that is gone), nobody would hear it. So block
/// SIGINT and SIGTERM, and SIGUSR1 if there is a hook, with pthread_sigmask(3) in main(). At its
/// start: a signal that comes early waits until this is made. Right after this is made: a signal
/// that comes before ends the program. Threads inherit the mask, and so do executed programs. It
/// also keeps a late copy of a signal from ending a program that has destroyed this already.
///
/// There can be several, one for each server: each of them hears every signal. When the last is
/// destroyed, each signal does again what it does by default: signal(7). It may be made and
/// destroyed on any thread but its own: a hook must not destroy it.
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
