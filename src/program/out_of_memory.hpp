// The end of a program that the system gives no more memory.
#pragma once

#include <string>

namespace roger {

/// From now on `new` that finds no memory, on any thread, writes `last_words` and a newline to
/// standard error and ends the program with status_failed. To catch std::bad_alloc and go on would
/// be to rely on what needs memory too: the log, a shutdown in order.
void end_when_out_of_memory(std::string last_words);

}  // namespace roger
