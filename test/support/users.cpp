// Programs under test that run as somebody else.
#include "support/users.hpp"

#include "support/server_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

// Only the system tests know where the programs are.
#if defined(ROGER_SERVER) && defined(ROGER_CLIENT)

namespace roger::test {

void need_user_nobody() {
    auto const program = server_launch({}).program;
    if (::geteuid() != 0 ||
        run({.program = "/usr/bin/test", .arguments = {"-x", program}, .user = nobody}).exit !=
            Exit::with(0)) {
        SKIP("needs root, and a server that user nobody can reach, to run it as nobody");
    }
}

}  // namespace roger::test

#endif
