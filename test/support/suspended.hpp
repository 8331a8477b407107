// A program that stands still for a while.
#pragma once

#include <sys/types.h>

namespace roger::test {

/// From when this is made until it goes, `process`, a child, does nothing (SIGSTOP). What a client
/// does meanwhile, a server finds all at once: however long it takes the client, no deadline of the
/// server's can come between.
class Suspended {
public:
    explicit Suspended(pid_t process);
    ~Suspended();
    Suspended(Suspended const&) = delete;
    Suspended& operator=(Suspended const&) = delete;

private:
    pid_t process_;
};

}  // namespace roger::test
