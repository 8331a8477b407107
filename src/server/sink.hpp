// Standard output, whatever it is: a file, a pipe, a terminal, a socket.
#pragma once

#include "net/descriptor.hpp"

#include <atomic>
#include <string_view>
#include <system_error>

namespace roger {

/// Blocks, so it is for a thread of its own; but never where stop() could not end the wait, and
/// never by changing the flags of the descriptor it was given: those belong to everyone who shares
/// it. A pipe or a terminal is reopened for that, which gives a description of our own. (Where
/// that is not permitted, as under su(1), a terminal whose reader stands still can hold a write all
/// the same: poll() tells that there is room, not how much.)
class Sink {
public:
    /// Throws std::runtime_error with a sentence if `descriptor` cannot be written to.
    explicit Sink(int descriptor);
    ~Sink() = default;
    Sink(Sink const&) = delete;
    Sink& operator=(Sink const&) = delete;

    /// Writes, waiting as long as it takes, and removes what was written from the front of
    /// `bytes`: if an error is returned, what is left was not written.
    std::error_code write(std::string_view& bytes);

    /// The same without waiting: what is left without an error would have had to wait. For an
    /// event loop, but see the next two.
    std::error_code write_now(std::string_view& bytes);

    /// Whether write_now() can wait all the same: for a file, which cannot say that it would, ...
    [[nodiscard]] bool may_block() const { return kind_ == Kind::file; }
    /// ... or because others can fill what we have just seen to be writable.
    [[nodiscard]] bool is_shared() const { return kind_ == Kind::shared; }

    /// Whether what was written last has no newline at its end.
    [[nodiscard]] bool within_line() const { return within_line_; }

    /// fdatasync(2). An error other than of a signal's making is final: the system may have dropped
    /// what it could not write, and not report it the next time.
    [[nodiscard]] std::error_code sync() const;

    /// close(2), the last to tell of what could not be written (network file systems, quotas).
    /// Nothing can be written afterwards.
    [[nodiscard]] std::error_code close();

    /// From any thread: whoever waits in write() gives up, now and in future, with
    /// std::errc::operation_canceled.
    void stop();

private:
    enum class Kind {
        file,    ///< takes everything at once, if perhaps slowly
        own,     ///< our own description, non-blocking
        socket,  ///< non-blocking by call
        shared,  ///< blocking, and not to be reopened: written in pieces that fit
    };

    static Kind kind_of(int descriptor);
    void open_own();
    long write_some(std::string_view bytes);
    std::error_code wait_for_room(bool in_vain);

    int given_;
    int descriptor_;  ///< what is written to: `own_` or `given_`
    Kind kind_;
    Descriptor own_;
    Descriptor stop_event_;
    std::atomic<bool> is_stopped_ = false;  ///< for where the event cannot be waited for
    bool within_line_ = false;
};

}  // namespace roger
