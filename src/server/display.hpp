// The handler that Roger's own server uses: messages become records on standard output, many
// sessions' records in one write.
#pragma once

#include "net/async_condition.hpp"
#include "protocol/record.hpp"
#include "roger/batch.hpp"
#include "roger/task.hpp"
#include "server/sink.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace roger {

/// A loop writes its records itself where the output can say that it would block. What it does not
/// take at once is left to a thread of the display's, as are files, which block for as long as they
/// like: the event loops wait for it without blocking. While one block of a loop's records is being
/// written, the loop gathers the next: the slower the output, the larger the blocks.
class Display {
public:
    struct Options {
        Show show = Show::text;
        bool sync = false;      ///< a message is displayed only after fdatasync()
        std::size_t loops = 1;  ///< event loops that show() is called on
    };

    Display(Sink& sink, Options options);
    ~Display();  ///< finishes
    Display(Display const&) = delete;
    Display& operator=(Display const&) = delete;

    /// Returns when the batch has been written out. Throws HandlerError if it has not.
    Task<void> show(Batch const& batch);

    /// Stops waiting for an output that does not take what is written: whoever waits in show()
    /// learns how far it came. From any thread, also after finish().
    void abandon() { sink_.stop(); }

    /// Where standard output and standard error are the same file: a line of the log, written
    /// between two records and never within one. From any thread, which does not wait: a line too
    /// many is dropped, and so is one that cannot be written. `line` has its newline.
    void write_line(std::string_view line);

    /// Waits until all lines are written or dropped, but for no longer than `most`.
    void flush_lines(std::chrono::milliseconds most);

    /// Ends the writer, and lets go of whoever is left in show(). Both touch the event loops'
    /// contexts, so it has to come when the loops no longer run, and before the contexts are
    /// destroyed. Gives an output up that does not take what is written to it.
    void finish();

private:
    /// Counts bytes of a loop's records from the start of the program.
    using Position = std::uint64_t;

    /// One event loop's records. The loop fills it; only `writing` is the writer's, from
    /// hand_over() to written().
    struct OutputBuffer {
        std::optional<asio::io_context::executor_type> executor;  ///< once it is known
        std::string filling;
        std::string writing;
        std::size_t taken = 0;  ///< of `writing`, by the output
        Position filled = 0;    ///< where `filling` ends
        Position written = 0;   ///< what the output has taken
        bool handing_over = false;
        bool in_writing = false;
        std::error_code failure;
        AsyncCondition for_room;     ///< until `filling` takes more
        AsyncCondition for_filling;  ///< until what is now in `filling` has been written
        AsyncCondition for_writing;  ///< likewise, for `writing`

        [[nodiscard]] bool full() const;
    };

    /// Consecutive records of one batch, in a buffer.
    struct RecordRange {
        Batch::Iterator first;
        Batch::Iterator last;
        std::size_t count;
        Position begin;
        Position end;
    };

    /// What a record says beside its message, where the format asks for it.
    struct Stamp {
        PeerAddress const* sender = nullptr;  ///< the one that `from` tells of
        std::string from;
        std::int64_t time_ms = 0;
    };

    void append(std::string& out, Message const& message, Stamp& stamp) const;
    RecordRange fill(OutputBuffer& buffer, Batch const& batch, Batch::Iterator first, Stamp& stamp);
    std::size_t count_written(OutputBuffer const& buffer, RecordRange const& range,
                              Stamp& stamp) const;

    void schedule_hand_over(OutputBuffer& buffer);
    void hand_over(OutputBuffer& buffer);
    bool write_now(OutputBuffer& buffer);
    void written(OutputBuffer& buffer, std::size_t bytes, std::error_code failure);

    void run_writer();
    void write_buffers(std::vector<OutputBuffer*> const& buffers);
    void write_lines(std::vector<std::string> const& lines);

    Sink& sink_;
    Options options_;
    std::vector<std::unique_ptr<OutputBuffer>> buffers_;

    std::mutex guard_;
    std::condition_variable handed_over_;
    std::condition_variable idle_;  ///< the writer has written all there was
    // Guarded; but while the writer is busy, the output and `failure_` are its own.
    std::vector<OutputBuffer*> to_write_;
    std::vector<std::string> lines_;
    bool writer_busy_ = false;
    bool closing_ = false;
    std::error_code failure_;  ///< after it, nothing more is written
    std::jthread writer_;
};

}  // namespace roger
