// Descriptors 0, 1 and 2: taken before anything else is opened, and safe to write to.
#pragma once

namespace roger {

/// Without this, the first socket of a program that was started with its standard output closed
/// becomes descriptor 1, and what is printed goes to a peer. Opens /dev/null on those of 0, 1, 2
/// that are closed, 0 for writing and 1 for reading only: to read or to write there still fails, as
/// it does on a closed descriptor, and is not mistaken for an end of input or a record displayed.
/// Throws std::system_error.
void open_missing_standard_descriptors();

/// A write to a pipe without a reader, or beyond the limit on a file's size, gives an error that
/// can be reported instead of ending the process.
void let_writes_fail();

/// Whether standard output and standard error are the same file, pipe, socket or terminal, even if
/// opened twice.
bool output_and_error_are_one();

}  // namespace roger
