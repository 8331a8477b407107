// In the program under test: whether a call is to fail.
#pragma once

#include "failing_calls/calls.hpp"

namespace roger::test {

/// It then has its errno. Counts it, and holds it for as long as the test says.
bool fails(Call call, int descriptor);

}  // namespace roger::test
