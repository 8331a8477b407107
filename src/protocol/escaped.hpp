// Somebody else's text, made safe for a terminal; it can be turned back.
#pragma once

#include <string>
#include <string_view>

namespace roger {

/// Printable UTF-8 verbatim; control characters (C0, DEL, C1: by code point), bytes that are no
/// valid UTF-8, and what could end or disguise a line otherwise (U+2028, U+2029, the bidirectional
/// controls of CVE-2021-42574, tags and some more: docs/protocol.md has the list) byte for byte as
/// \xhh, a backslash as \\. Without a newline.
void append_escaped(std::string& out, std::string_view text);

/// The same as a string of its own.
std::string escaped(std::string_view text);

/// Safe on a terminal or a page: what append_escaped can have written is kept verbatim, and any
/// other text is escaped. For what should have been escaped before, as a file that others may have
/// edited.
std::string escaped_once(std::string_view text);

/// Turns what append_escaped wrote back into the bytes it was made of. Throws
/// std::invalid_argument on text that append_escaped cannot have written.
std::string unescape(std::string_view text);

}  // namespace roger
