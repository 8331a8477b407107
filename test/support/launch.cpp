// The start of a program, step by step.
#include "support/launch.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <grp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace roger::test {
namespace {

int checked(int result, char const* what) {
    if (result < 0) {
        throw Failure(fmt::format("{}: {}", what, errno_text(errno)));
    }
    return result;
}

/// Above 2, so that dup2 onto 0 to 2 in the child never overwrites one that is still needed.
Descriptor above_standard(int number, char const* what) {
    Descriptor const original(checked(number, what));
    return Descriptor(checked(::fcntl(number, F_DUPFD_CLOEXEC, 3), "fcntl"));
}

struct Terminal {
    Descriptor master;
    Descriptor slave;
};

Terminal open_terminal() {
    Terminal terminal{above_standard(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "openpt"), {}};
    checked(::grantpt(terminal.master.get()), "grantpt");
    checked(::unlockpt(terminal.master.get()), "unlockpt");
    std::array<char, 64> name{};
    if (int const error = ::ptsname_r(terminal.master.get(), name.data(), name.size())) {
        throw Failure("ptsname: " + errno_text(error));
    }
    terminal.slave = above_standard(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open tty");
    return terminal;
}

void lay_one(Stdio const& stdio, std::size_t index, Terminal& terminal, Plumbing& plumbing) {
    auto const duplicate = [](int number) { return above_standard(::dup(number), "dup"); };
    switch (stdio.kind) {
        case Stdio::Kind::pipe:
        case Stdio::Kind::stalled_pipe: {
            std::array<int, 2> ends{};
            checked(::pipe2(ends.data(), O_CLOEXEC), "pipe");
            auto reading = above_standard(ends[0], "pipe");
            auto writing = above_standard(ends[1], "pipe");
            plumbing.child[index] = std::move(index == 0 ? reading : writing);
            (index == 0 ? plumbing.input : plumbing.output[index]) =
                std::move(index == 0 ? writing : reading);
            break;
        }
        case Stdio::Kind::file: {
            int const flags = index == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND;
            plumbing.child[index] = above_standard(
                ::open(stdio.path.c_str(), flags | O_CLOEXEC, 0644), stdio.path.c_str());
            break;
        }
        case Stdio::Kind::null:
            plumbing.child[index] = above_standard(::open("/dev/null", O_RDWR | O_CLOEXEC), "null");
            break;
        case Stdio::Kind::descriptor:
            plumbing.child[index] = duplicate(stdio.number);
            break;
        case Stdio::Kind::terminal:
            if (!plumbing.terminal) {
                terminal = open_terminal();
            }
            plumbing.terminal = true;
            plumbing.child[index] = duplicate(terminal.slave.get());
            break;
        case Stdio::Kind::closed:
            break;
    }
}

/// Everything the child needs, made before fork(): after it only async-signal-safe calls are
/// allowed, since the test may have other threads.
struct Child {
    Launch const& launch;
    Plumbing const& plumbing;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    int report;  ///< takes errno when something fails
    pid_t parent;
};

void set_limit(__rlimit_resource resource, std::optional<rlim_t> limit, bool soft_only) {
    if (!limit) {
        return;
    }
    rlimit now{};
    ::getrlimit(resource, &now);
    rlimit const wanted{.rlim_cur = *limit, .rlim_max = soft_only ? now.rlim_max : *limit};
    ::setrlimit(resource, &wanted);
}

void reset_signals() {
    for (int const number : {SIGPIPE, SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGXFSZ}) {
        ::signal(number, SIG_DFL);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool change_user(uid_t user) {
    return ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
}

/// A test that is killed leaves nothing running. To be called last: changing the user undoes it.
void die_with_parent(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(127);
    }
}

[[noreturn]] void become(Child const& child) {
    auto const& launch = child.launch;
    if (child.plumbing.terminal) {
        ::setsid();
    }
    for (int number = 0; number < 3; ++number) {
        int const from = child.plumbing.child[static_cast<std::size_t>(number)].get();
        if (from >= 0) {
            ::dup2(from, number);
        } else {
            ::close(number);
        }
        if (from >= 0 && child.plumbing.terminal) {
            ::ioctl(number, TIOCSCTTY, 0);
        }
    }
    for (int const number : launch.closed_descriptors) {
        ::close(number);
    }
    reset_signals();
    if (launch.umask) {
        ::umask(*launch.umask);
    }
    set_limit(RLIMIT_NOFILE, launch.open_files, false);
    set_limit(RLIMIT_NOFILE, launch.open_files_soft, true);
    set_limit(RLIMIT_FSIZE, launch.file_size, false);
    set_limit(RLIMIT_AS, launch.address_space, false);
    bool ready = launch.directory.empty() || ::chdir(launch.directory.c_str()) == 0;
    ready = ready && (!launch.user || change_user(*launch.user));
    die_with_parent(child.parent);
    if (ready) {
        ::execve(child.arguments[0], child.arguments.data(), child.environment.data());
    }
    int const error = errno;
    [[maybe_unused]] auto const written = ::write(child.report, &error, sizeof error);
    ::_exit(127);
}

std::vector<std::string> environment_of(Launch const& launch) {
    std::vector<std::string> out;
    auto const changed = [&launch](std::string_view variable) {
        auto const name = variable.substr(0, variable.find('='));
        for (auto const& change : launch.environment) {
            if (change.first == name) {
                return true;
            }
        }
        return false;
    };
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        if (!changed(*variable)) {
            out.emplace_back(*variable);
        }
    }
    for (auto const& [name, value] : launch.environment) {
        if (value) {
            out.push_back(name + '=' + *value);
        }
    }
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto& text : texts) {
        out.push_back(text.data());
    }
    out.push_back(nullptr);
    return out;
}

}  // namespace

Plumbing lay_plumbing(Launch const& launch) {
    Plumbing plumbing;
    Terminal terminal;
    lay_one(launch.in, 0, terminal, plumbing);
    lay_one(launch.out, 1, terminal, plumbing);
    lay_one(launch.err, 2, terminal, plumbing);
    if (plumbing.terminal) {
        if (launch.in.kind == Stdio::Kind::terminal) {
            plumbing.input = above_standard(::dup(terminal.master.get()), "dup");
        }
        plumbing.output[0] = std::move(terminal.master);
    }
    if (plumbing.input) {
        ::fcntl(plumbing.input.get(), F_SETFL, ::fcntl(plumbing.input.get(), F_GETFL) | O_NONBLOCK);
    }
    return plumbing;
}

pid_t spawn(Launch const& launch, Plumbing const& plumbing) {
    std::array<int, 2> ends{};
    checked(::pipe2(ends.data(), O_CLOEXEC), "pipe");
    Descriptor const report = above_standard(ends[0], "pipe");
    Descriptor reporter = above_standard(ends[1], "pipe");
    std::vector<std::string> arguments{launch.program};
    arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
    auto environment = environment_of(launch);
    Child const child{launch,         plumbing,  pointers(arguments), pointers(environment),
                      reporter.get(), ::getpid()};
    pid_t const id = checked(::fork(), "fork");
    if (id == 0) {
        become(child);
    }
    reporter.close();
    int error = 0;
    if (::read(report.get(), &error, sizeof error) == sizeof error) {
        ::waitpid(id, nullptr, 0);
        throw Failure(fmt::format("cannot execute {}: {}", launch.program, errno_text(error)));
    }
    return id;
}

}  // namespace roger::test
