// A program under test.
#include "support/process.hpp"

#include "support/launch.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {
namespace {

std::string describe(Exit const& exit) {
    if (exit.status) {
        return fmt::format("status {}", *exit.status);
    }
    return fmt::format("signal {} ({})", *exit.signal, ::strsignal(*exit.signal));
}

std::string command_line(Launch const& launch) {
    std::string out = std::filesystem::path(launch.program).filename();
    for (auto const& argument : launch.arguments) {
        out += ' ' + argument;
    }
    return out;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Exit const& exit) {
    out << describe(exit);
    return exit.last_words.empty() ? out : out << ", having said " << exit.last_words;
}

Process::Process(Launch const& launch) : program_(command_line(launch)) {
    ::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): it cannot fail
    auto plumbing = lay_plumbing(launch);
    id_ = spawn(launch, plumbing);
    handle_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
    if (!handle_) {
        throw Failure("pidfd_open: " + errno_text(errno));
    }
    input_ = std::move(plumbing.input);
    std::array<Stdio const*, 3> const wanted{&launch.in, &launch.out, &launch.err};
    std::array<char const*, 3> const names{"terminal", "standard output", "standard error"};
    for (std::size_t index = 0; index < 3; ++index) {
        if (!plumbing.output.at(index)) {
            continue;
        }
        streams_.at(index) =
            std::make_unique<Stream>(fmt::format("{} of `{}`", names.at(index), program_),
                                     std::move(plumbing.output.at(index)),
                                     wanted.at(index)->kind == Stdio::Kind::stalled_pipe);
    }
}

Process::~Process() {
    if (id_ < 0 || !handle_ || exit_) {
        return;
    }
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

Stream& Process::stream(std::size_t index) const {
    // A program whose output goes to the terminal is read there.
    if (streams_.at(index)) {
        return *streams_.at(index);
    }
    if (streams_[0]) {
        return *streams_[0];
    }
    throw Failure(fmt::format("`{}` was started without a pipe there", program_));
}

std::string Process::seen() const {
    std::string out;
    for (std::size_t index = 0; index < 3; ++index) {
        if (!streams_.at(index)) {
            continue;
        }
        std::array<char const*, 3> const names{"terminal", "output", "error"};
        out += fmt::format("; {}: {}", names.at(index), legible(streams_.at(index)->seen()));
    }
    return out;
}

void Process::write(std::string_view text, Deadline deadline) {
    if (!try_write(text, deadline)) {
        throw Failure(fmt::format("`{}` no longer reads its input{}", program_, seen()));
    }
}

bool Process::try_write(std::string_view text, Deadline deadline) {
    while (!text.empty()) {
        auto const written = ::write(input_.get(), text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EPIPE || errno == EIO) {
            return false;
        } else if (errno != EAGAIN && errno != EINTR) {
            throw Failure(fmt::format("writing to `{}`: {}", program_, errno_text(errno)));
        } else if (!wait_for_descriptor(input_.get(), POLLOUT, deadline)) {
            throw Failure(fmt::format("`{}` does not read its input, {} bytes are left{}", program_,
                                      text.size(), seen()));
        }
    }
    return true;
}

void Process::close_stdin() {
    if (::isatty(input_.get()) == 1) {
        write("\x04");
    } else {
        input_.close();
    }
}

void Process::signal(int number) const {
    if (exit_) {
        throw Failure(fmt::format("`{}` has ended: {}", program_, describe(*exit_)));
    }
    ::kill(id_, number);
}

void Process::reap() {
    int status = 0;
    if (::waitpid(id_, &status, 0) != id_) {
        throw Failure("waitpid: " + errno_text(errno));
    }
    exit_ = WIFEXITED(status) ? Exit::with(WEXITSTATUS(status)) : Exit::by(WTERMSIG(status));
    if (streams_[2] && exit_ != Exit::with(0)) {
        // For a failure message: children of the program may hold the pipe open.
        exit_->last_words = legible(streams_[2]->last_words(std::chrono::seconds(1)));
    }
}

Exit Process::wait_for_exit(Deadline deadline) {
    if (!exit_) {
        if (!wait_for_descriptor(handle_.get(), POLLIN, deadline)) {
            throw Failure(fmt::format("`{}` has not ended within {} ms{}", program_,
                                      deadline.duration().count(), seen()));
        }
        reap();
    }
    return *exit_;
}

bool Process::runs() {
    if (!exit_ && wait_for_descriptor(handle_.get(), POLLIN, Duration(0))) {
        reap();
    }
    return !exit_;
}

Exit Process::terminate(Deadline deadline) {
    signal(SIGTERM);
    return wait_for_exit(deadline);
}

Run run(Launch const& launch, std::string_view input, Deadline deadline) {
    Process process(launch);
    if (launch.in.kind == Stdio::Kind::pipe) {
        process.try_write(input, deadline);
        process.close_stdin();
    }
    Run result;
    result.exit = process.wait_for_exit(deadline);
    if (launch.out.kind == Stdio::Kind::pipe) {
        result.out = process.out().read_all(deadline);
    }
    if (launch.err.kind == Stdio::Kind::pipe) {
        result.err = process.err().read_all(deadline);
    }
    return result;
}

}  // namespace roger::test
