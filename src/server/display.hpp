// The handler that Roger's own server uses: messages become records on standard output, many
// sessions' records in one write.
#pragma once

#include "protocol/record.hpp"
#include "server/record_buffer.hpp"
#include "server/sink.hpp"
#include "server/write_latency.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace roger {

/// A loop writes its records itself where the output can say that it would block, and to a file as
/// long as that is quick. What is not taken at once is left to a thread of the display's, as are
/// slow files, and what has to be synced: the event loops wait for it without blocking. While one
/// block of a loop's records is being written, the loop gathers the next: the slower the output,
/// the larger the blocks.
class Display final : public BlockWriter {
public:
    struct Options {
        Show show = Show::text;
        bool sync = false;      ///< a message is displayed only after fdatasync()
        std::size_t loops = 1;  ///< event loops whose messages are displayed
    };

    Display(Sink& sink, Options options);
    ~Display() override;  ///< finishes
    Display(Display const&) = delete;
    Display& operator=(Display const&) = delete;

    /// For the messages that come to an event loop.
    [[nodiscard]] MessageWriter& writer(std::size_t loop) { return *buffers_[loop]; }

    /// Stops waiting for an output that does not take what is written: whoever waits learns how far
    /// it came. From any thread, also after finish().
    void abandon() { sink_.stop(); }

    /// Where standard output and standard error are the same file: a line of the log, written
    /// between two records and never within one. From any thread, without waiting: a line too many
    /// is dropped, and so is one that cannot be written. `line` has its newline.
    void write_line(std::string_view line);

    /// Waits until all lines are written or dropped, but for no longer than `most`.
    void flush_lines(std::chrono::milliseconds most);

    /// Ends the writer, and destroys the coroutines that still wait. Both touch the event loops'
    /// contexts, so it is to be called when the loops no longer run, and before the contexts are
    /// destroyed. Gives up an output that does not take what is written to it.
    void finish();

    void write(RecordBuffer& buffer) override;
    [[nodiscard]] std::string describe(std::error_code failure) const override;

private:
    [[nodiscard]] bool is_for_writer() const;
    template <typename Write>
    std::error_code timed(Write write);
    bool write_now(RecordBuffer::Block& block);

    void run_writer();
    void write_buffers(std::vector<RecordBuffer*> const& buffers);
    void write_lines(std::vector<std::string> const& lines);

    Sink& sink_;
    Options options_;
    std::vector<std::unique_ptr<RecordBuffer>> buffers_;

    std::mutex guard_;
    std::condition_variable handed_over_;
    std::condition_variable idle_;  ///< the writer has written all there was
    // Guarded. But the output, its latency and its failure belong to whoever is writing: to the
    // writer thread while it is busy, unless a loop is writing.
    std::vector<RecordBuffer*> to_write_;
    std::vector<std::string> lines_;
    bool writer_busy_ = false;
    bool loop_writes_ = false;
    bool closing_ = false;
    std::error_code failure_;  ///< after it, nothing more is written
    WriteLatency latency_;     ///< of a file
    std::jthread writer_;
};

}  // namespace roger
