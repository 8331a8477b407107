// Programs under test that run as somebody else.
#pragma once

#include <sys/types.h>

namespace roger::test {

/// A user without rights.
inline constexpr uid_t nobody = 65534;

/// Skips the test that calls it where no server can be run as nobody.
void need_user_nobody();

}  // namespace roger::test
