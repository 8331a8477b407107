// The display on an event loop of the test's own, with outputs that take, stall and fail.
#include "server/display.hpp"

#include "net/spawn.hpp"
#include "support/files.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

using roger::Display;
using roger::Show;
using roger::Sink;
using roger::test::Descriptor;
using roger::test::TempDir;

namespace {

/// What became of lines that were shown.
struct Shown {
    std::string text;  ///< the lines
    roger::PeerAddress peer;
    bool done = false;
    std::optional<std::size_t> not_shown_after;  ///< so many
    std::string reason;
};

/// Until they are written, or never will be. Written at the end of a round, as a loop does it.
roger::Task<void> show(Display& display, Shown& shown) {
    roger::MessageWriter& writer = display.writer(0);
    writer.begin(shown.peer);
    std::size_t count = 0;
    std::string_view rest = shown.text;
    for (; !rest.empty(); ++count) {
        std::size_t const end = rest.find('\n');
        writer.add(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    auto const end = writer.end();
    if (!writer.settled(end)) {
        roger::Waiter waiter;
        co_await writer.unwritten.wait(waiter);
    }
    REQUIRE(writer.settled(end));
    shown.done = writer.is_written(end);
    CHECK((writer.count_written(end, count) == count) == shown.done);
    if (!shown.done) {
        shown.not_shown_after = writer.count_written(end, count);
        shown.reason = writer.failure();
    }
}

void attach(asio::io_context& context, Display& display) {
    display.writer(0).attach(context.get_executor(), [] {});
}

/// Runs until every batch has been shown or refused.
void show_all(asio::io_context& context, Display& display, std::vector<Shown>& batches) {
    attach(context, display);
    auto const work = asio::make_work_guard(context);
    std::size_t left = batches.size();
    for (Shown& batch : batches) {
        roger::spawn(context.get_executor(), show(display, batch), [&](std::exception_ptr thrown) {
            if (--left == 0) {
                context.stop();
            }
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        });
    }
    asio::post(context, [&] { display.writer(0).write(); });
    context.run();
}

std::vector<Shown> batches_of(std::vector<std::string> const& texts) {
    std::vector<Shown> batches(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        batches[i].text = texts[i];
    }
    return batches;
}

Descriptor open_file(std::string const& path) {
    return Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/// Of this process, while it lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t size) {
        std::signal(SIGXFSZ, SIG_IGN);
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        set({size, before_.rlim_max});
    }
    ~FileSizeLimit() { set(before_); }
    FileSizeLimit(FileSizeLimit const&) = delete;
    FileSizeLimit& operator=(FileSizeLimit const&) = delete;

private:
    static void set(rlimit const& limit) { CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0); }

    rlimit before_{};
};

/// A pipe that nobody reads until drain().
struct StalledPipe {
    StalledPipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        reading = Descriptor(ends[0]);
        writing = Descriptor(ends[1]);
    }

    [[nodiscard]] std::size_t taken() const {
        int bytes = 0;
        ::ioctl(reading.get(), FIONREAD, &bytes);
        return static_cast<std::size_t>(bytes);
    }

    [[nodiscard]] std::size_t size() const {
        return static_cast<std::size_t>(::fcntl(reading.get(), F_GETPIPE_SZ));
    }

    void wait_until_full() const {
        while (taken() < size()) {
            std::this_thread::yield();
        }
    }

    [[nodiscard]] std::string drain() const {
        std::string bytes(taken(), '\0');
        ssize_t const size = ::read(reading.get(), bytes.data(), bytes.size());
        bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return bytes;
    }

    Descriptor reading;
    Descriptor writing;
};

}  // namespace

TEST_CASE("batches that are ready together are written whole and in order", "[display]") {
    TempDir const dir;
    Descriptor const file = open_file(dir / "out");
    Sink sink(file.get());
    bool const sync = GENERATE(false, true);
    asio::io_context context;
    Display display(sink, {.show = Show::text, .sync = sync, .loops = 1});
    std::vector<Shown> batches = batches_of({"a\nb\n", "\n", "c\x1b\n"});
    show_all(context, display, batches);
    for (Shown const& batch : batches) {
        CHECK(batch.done);
    }
    CHECK(roger::test::read_file(dir / "out") == "a\nb\n\nc\\x1b\n");
}

TEST_CASE("an output that stalls is given up only when told, and what it took is known",
          "[display][concurrency]") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    Descriptor const reading(ends[0]);
    Descriptor const writing(ends[1]);
    Sink sink(writing.get());
    asio::io_context context;
    Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
    std::string const line(999, 'x');
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += line + '\n';
    }
    std::vector<Shown> batches = batches_of({"first\n", text, "last\n"});
    // The pipe is full when it has taken what a pipe takes by default, pipe(7): 64 KiB.
    std::jthread const operator_gives_up([&] {
        int taken = 0;
        while (taken < 65'536 - 1'000) {
            ::ioctl(reading.get(), FIONREAD, &taken);
        }
        display.abandon();
    });
    show_all(context, display, batches);
    CHECK(batches[0].done);
    CHECK_FALSE(batches[1].done);
    CHECK_FALSE(batches[2].done);
    int taken = 0;
    REQUIRE(::ioctl(reading.get(), FIONREAD, &taken) == 0);
    CHECK(batches[1].not_shown_after == static_cast<std::size_t>(taken - 6) / 1000);
    CHECK(batches[2].not_shown_after == 0);
    CHECK(batches[1].reason.find("does not take") != std::string::npos);
}

TEST_CASE("an output that fails is told with what it took before", "[display]") {
    TempDir const dir;
    Descriptor const file = open_file(dir / "out");
    Sink sink(file.get());
    asio::io_context context;
    Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
    std::vector<Shown> batches = batches_of({"1234\n", "12\n45\n78\n", "x\n"});
    {
        FileSizeLimit const limit(10);
        show_all(context, display, batches);
    }
    CHECK(batches[0].done);
    CHECK(batches[1].not_shown_after == 1);
    CHECK(batches[2].not_shown_after == 0);
    CHECK(batches[2].reason == "cannot write to standard output: File too large");
}

TEST_CASE("nothing follows a record that was half written, also when there is space again",
          "[display]") {
    bool const sync = GENERATE(false, true);
    TempDir const dir;
    Descriptor const file = open_file(dir / "out");
    Sink sink(file.get());
    asio::io_context context;
    Display display(sink, {.show = Show::raw, .sync = sync, .loops = 1});
    std::vector<Shown> first = batches_of({"1234\n", "5678\n"});
    {
        FileSizeLimit const limit(7);
        show_all(context, display, first);
    }
    CHECK(first[0].done);
    CHECK(first[1].not_shown_after == 0);
    std::vector<Shown> later = batches_of({"later\n"});
    context.restart();
    show_all(context, display, later);
    CHECK(later[0].not_shown_after == 0);
    CHECK(roger::test::read_file(dir / "out") == "1234\n56");
}

TEST_CASE("after a failure nothing more is written", "[display]") {
    Descriptor const full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Sink sink(full.get());
    asio::io_context context;
    Display display(sink, {.show = Show::text, .sync = false, .loops = 1});
    for (int round = 0; round < 3; ++round) {
        std::vector<Shown> batches = batches_of({"a\n", "b\n"});
        context.restart();
        show_all(context, display, batches);
        CHECK(batches[0].not_shown_after == 0);
        CHECK(batches[1].not_shown_after == 0);
        CHECK(batches[0].reason == "cannot write to standard output: No space left on device");
    }
}

TEST_CASE("a line of the log is written between records", "[display][concurrency]") {
    StalledPipe const pipe;
    Sink sink(pipe.writing.get());
    asio::io_context context;
    Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
    std::string const record = std::string(2 * pipe.size(), 'x') + '\n';
    std::string const expected = record + "log\n";
    std::string read;
    std::thread reader([&] {
        pipe.wait_until_full();
        display.write_line("log\n");
        while (read.size() < expected.size()) {
            read += pipe.drain();
        }
    });
    std::vector<Shown> batches = batches_of({record});
    show_all(context, display, batches);
    reader.join();
    CHECK(batches[0].done);
    CHECK((read == expected));
}

TEST_CASE("a record that was given up is ended before the log goes on", "[display][concurrency]") {
    StalledPipe const pipe;
    Sink sink(pipe.writing.get());
    asio::io_context context;
    Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
    std::vector<Shown> batches = batches_of({std::string(2 * pipe.size(), 'x') + '\n'});
    {
        std::jthread const operator_gives_up([&] {
            pipe.wait_until_full();
            display.abandon();
        });
        show_all(context, display, batches);
    }
    CHECK(batches[0].not_shown_after == 0);
    auto const log = [&](std::string const& line) {
        display.write_line(line);
        display.flush_lines(std::chrono::hours(1));
    };
    log("dropped: there is no room\n");
    CHECK(pipe.drain() == std::string(pipe.size(), 'x'));
    log("one\n");
    log("two\n");
    CHECK(pipe.drain() == "\none\ntwo\n");
}

TEST_CASE("lines of the log that nobody reads take a bounded room, and nobody waits for them",
          "[display][concurrency]") {
    StalledPipe const pipe;
    Sink sink(pipe.writing.get());
    std::string const line = std::string(999, 'x') + '\n';
    constexpr std::size_t many = 10'000;
    {
        Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
        for (std::size_t number = 0; number < many; ++number) {
            display.write_line(line);
        }
        display.flush_lines(std::chrono::milliseconds(1));
    }
    std::string const written = pipe.drain();
    CHECK(written.size() >= line.size());
    CHECK(written.size() < many * line.size() / 10);
    CHECK(written.starts_with(line));
}

TEST_CASE("a display finished before its loops are destroyed leaves them alone",
          "[display][concurrency]") {
    StalledPipe const pipe;
    TempDir const dir;
    Descriptor const file = open_file(dir / "out");
    std::string text(2 * pipe.size(), 'x');
    // Who is left waits in one case; in the other the writer is about to wake it up.
    bool const stalled = GENERATE(false, true);
    for (int round = 0; round < 100; ++round) {
        Sink sink(stalled ? pipe.writing.get() : file.get());
        Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
        std::vector<Shown> batches = batches_of({text + '\n', "next\n"});
        {
            asio::io_context context(1);
            attach(context, display);
            for (Shown& batch : batches) {
                roger::spawn(context.get_executor(), show(display, batch),
                             [](std::exception_ptr const&) {});
            }
            asio::post(context, [&] { display.writer(0).write(); });
            context.poll();
            display.finish();
        }
        display.abandon();
        CHECK_FALSE((stalled && batches[0].done));
        text.pop_back();
    }
}
