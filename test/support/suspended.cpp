// A program that stands still for a while.
#include "support/suspended.hpp"

#include "support/deadline.hpp"

#include <cerrno>
#include <csignal>

#include <sys/wait.h>

namespace roger::test {

Suspended::Suspended(pid_t process) : process_(process) {
    ::kill(process, SIGSTOP);
    // Its threads do not stop at once.
    siginfo_t stopped{};
    while (::waitid(P_PID, static_cast<id_t>(process), &stopped, WSTOPPED) != 0) {
        if (errno != EINTR) {
            throw Failure("waitid: " + errno_text(errno));
        }
    }
}

Suspended::~Suspended() {
    ::kill(process_, SIGCONT);
}

}  // namespace roger::test
