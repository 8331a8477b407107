// The display on an event loop of the test's own, with outputs that take, stall and fail.
#include "server/display.hpp"

#include "net/spawn.hpp"
#include "roger/server.hpp"
#include "support/files.hpp"

#include <asio/executor_work_guard.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <csignal>
#include <optional>
#include <string>
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

/// What show() ended with.
struct Shown {
    std::string text;  ///< the batch
    roger::Peer peer;
    bool done = false;
    std::optional<std::size_t> not_shown_after;  ///< NotShown::shown
    std::string reason;
};

roger::Task<void> show(Display& display, Shown& shown) {
    roger::Batch const batch(shown.text, shown.peer, 0);
    try {
        co_await display.show(batch);
        shown.done = true;
    } catch (roger::NotShown const& error) {
        shown.not_shown_after = error.shown;
        shown.reason = error.what();
    }
}

/// Runs until every batch has been shown or refused.
void show_all(asio::io_context& context, Display& display, std::vector<Shown>& batches) {
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

TEST_CASE("a batch larger than a block is written in pieces, whole and in order", "[display]") {
    TempDir const dir;
    Descriptor const file = open_file(dir / "out");
    Sink sink(file.get());
    asio::io_context context;
    Display display(sink, {.show = Show::text, .sync = false, .loops = 1});
    std::string large;
    for (int i = 0; i < 400'000; ++i) {
        large += std::to_string(i) + '\n';
    }
    std::vector<Shown> batches = batches_of({large, "small\n"});
    show_all(context, display, batches);
    CHECK(batches[0].done);
    CHECK(batches[1].done);
    std::string out = roger::test::read_file(dir / "out");
    std::size_t const small = out.find("small\n");
    REQUIRE(small != out.npos);
    out.erase(small, 6);
    CHECK((out == large));
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
    std::signal(SIGXFSZ, SIG_IGN);
    TempDir const dir;
    Descriptor const file = open_file(dir / "out");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit const small{10, before.rlim_max};
    Sink sink(file.get());
    asio::io_context context;
    Display display(sink, {.show = Show::raw, .sync = false, .loops = 1});
    std::vector<Shown> batches = batches_of({"1234\n", "12\n45\n78\n", "x\n"});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    show_all(context, display, batches);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(batches[0].done);
    CHECK(batches[1].not_shown_after == 1);
    CHECK(batches[2].not_shown_after == 0);
    CHECK(batches[2].reason == "cannot write to standard output: File too large");
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
