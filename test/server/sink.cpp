// Every kind of standard output, written to for real.
#include "server/sink.hpp"

#include "support/files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using roger::Sink;
using roger::test::Descriptor;

namespace {

struct Pipe {
    Descriptor reading;
    Descriptor writing;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string read_all(int descriptor) {
    std::string all;
    std::array<char, 4096> buffer;
    for (;;) {
        ssize_t const size = ::read(descriptor, buffer.data(), buffer.size());
        if (size <= 0) {
            return all;
        }
        all.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

int flags_of(Descriptor const& descriptor) {
    return ::fcntl(descriptor.get(), F_GETFL);
}

/// More than a pipe or a socket takes while nobody reads.
std::string much() {
    std::string text;
    for (int i = 0; text.size() < 4'000'000; ++i) {
        text += std::to_string(i) + '\n';
    }
    return text;
}

}  // namespace

TEST_CASE("a file takes everything, at the place where it stands", "[sink]") {
    char name[] = "/tmp/roger-sink-XXXXXX";
    Descriptor const file(::mkstemp(name));
    ::unlink(name);
    REQUIRE(::write(file.get(), "before\n", 7) == 7);
    Sink sink(file.get());
    std::string_view bytes = "after\n";
    CHECK_FALSE(sink.write(bytes));
    CHECK(bytes.empty());
    CHECK_FALSE(sink.sync());
    REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
    CHECK(read_all(file.get()) == "before\nafter\n");
}

TEST_CASE("a pipe that is slow to be read takes everything, its flags untouched", "[sink]") {
    Pipe pipe = make_pipe();
    int const flags = flags_of(pipe.writing);
    std::string const text = much();
    std::string read;
    std::thread reader([&] { read = read_all(pipe.reading.get()); });
    {
        Sink sink(pipe.writing.get());
        std::string_view bytes = text;
        CHECK_FALSE(sink.write(bytes));
        CHECK(bytes.empty());
        CHECK(flags_of(pipe.writing) == flags);
        pipe.writing.close();
    }
    reader.join();
    CHECK(read == text);
}

TEST_CASE("a socket that is slow to be read takes everything, its flags untouched", "[sink]") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    Descriptor const reading(ends[0]);
    Descriptor writing(ends[1]);
    int const flags = flags_of(writing);
    std::string const text = much();
    std::string read;
    std::thread reader([&] { read = read_all(reading.get()); });
    Sink sink(writing.get());
    std::string_view bytes = text;
    CHECK_FALSE(sink.write(bytes));
    CHECK(flags_of(writing) == flags);
    ::shutdown(writing.get(), SHUT_WR);
    reader.join();
    CHECK(read == text);
}

TEST_CASE("stop ends a wait for a reader, and tells exactly what was not taken", "[sink]") {
    Pipe pipe = make_pipe();
    Sink sink(pipe.writing.get());
    std::string const text = much();
    std::string_view bytes = text;
    std::error_code error;
    std::thread writer([&] { error = sink.write(bytes); });
    sink.stop();
    writer.join();
    CHECK(error == std::errc::operation_canceled);
    std::size_t const taken = text.size() - bytes.size();
    std::string read(taken, '\0');
    if (taken > 0) {
        REQUIRE(::read(pipe.reading.get(), read.data(), taken) == static_cast<ssize_t>(taken));
    }
    CHECK(read == text.substr(0, taken));
    CHECK(::fcntl(pipe.reading.get(), F_SETFL, O_NONBLOCK) == 0);
    char more = 0;
    CHECK(::read(pipe.reading.get(), &more, 1) == -1);
}

TEST_CASE("a full device and a closed pipe are errors with nothing taken", "[sink]") {
    std::signal(SIGPIPE, SIG_IGN);
    Descriptor const full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Sink full_sink(full.get());
    std::string_view bytes = "lost\n";
    CHECK(full_sink.write(bytes) == std::errc::no_space_on_device);
    CHECK(bytes == "lost\n");

    Pipe pipe = make_pipe();
    pipe.reading.close();
    Sink closed_sink(pipe.writing.get());
    CHECK(closed_sink.write(bytes) == std::errc::broken_pipe);
    CHECK(bytes == "lost\n");
}

TEST_CASE("what is not open for writing is refused with a sentence", "[sink]") {
    Descriptor const read_only(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_THROWS_WITH(Sink(read_only.get()), Catch::Matchers::ContainsSubstring("closed"));
}

TEST_CASE("what was written last is within a line or at its end", "[sink]") {
    Pipe pipe = make_pipe();
    Sink sink(pipe.writing.get());
    CHECK_FALSE(sink.within_line());
    for (std::string_view const text : {"a", "b\n", "c\nd", "\n"}) {
        std::string_view bytes = text;
        CHECK_FALSE(sink.write(bytes));
        CHECK(sink.within_line() == !text.ends_with('\n'));
    }
}

TEST_CASE("a close that fails is told, and nothing is written afterwards", "[sink]") {
    Descriptor file(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    Sink sink(file.get());
    CHECK_FALSE(sink.close());
    CHECK(::fcntl(file.get(), F_GETFD) == -1);
    std::string_view bytes = "late\n";
    CHECK(sink.write(bytes) == std::errc::bad_file_descriptor);

    // The number may be another's by now: the second close must not reach it.
    Descriptor const next(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    REQUIRE(next.get() == file.release());
    CHECK_FALSE(sink.close());
    CHECK(::fcntl(next.get(), F_GETFD) != -1);
}
