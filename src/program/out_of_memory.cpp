// A new-handler that needs no memory itself.
#include "program/out_of_memory.hpp"

#include "program/options.hpp"

#include <cstdlib>
#include <new>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace roger {

namespace {

/// Never destroyed: threads may run out of memory when main() has returned.
std::string const* words = nullptr;

[[noreturn]] void end() {
    pollfd writable{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&writable, 1, 0) == 1) {
        [[maybe_unused]] auto const written = ::write(STDERR_FILENO, words->data(), words->size());
    }
    std::_Exit(status_failed);
}

}  // namespace

void end_when_out_of_memory(std::string last_words) {
    words = new std::string(std::move(last_words) + '\n');
    std::set_new_handler(end);
}

}  // namespace roger
