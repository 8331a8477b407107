// Standard output where it is a regular file: what earlier writers left in it, and where it lies.
#pragma once

#include "roger/log.hpp"

namespace roger {

/// Before the first record: a record that a killed server or a full disk left unfinished just
/// before the write position is ended with a newline, and logged; nothing is ever cut off, for the
/// file may be somebody else's. Does nothing where `descriptor` is no regular file. Throws
/// std::runtime_error with a sentence if the newline cannot be written.
void end_unfinished_record(int descriptor, Log const& log);

/// Syncs the directory of a regular file, so that the file's name survives a power failure too.
/// Where that cannot be done it logs who must.
void sync_directory(int descriptor, Log const& log);

}  // namespace roger
