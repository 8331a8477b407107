// What the client prints, a line at a time: buffered unless it is a terminal.
#pragma once

#include <string>
#include <string_view>

namespace roger {

/// Writes to a descriptor that it does not own. On a terminal each line is shown at once. Elsewhere
/// lines wait for flush(), or for enough of them; flush() before a wait that may be long.
/// Every function throws std::system_error when writing fails.
class Printer {
public:
    explicit Printer(int descriptor);

    /// An answer verbatim; on a terminal escaped, since it is a stranger who wrote it.
    void print_line(std::string_view text);

    /// Asks for something, without a newline.
    void prompt(std::string_view text);

    void flush();

private:
    int descriptor_;
    bool terminal_;
    std::string waiting_;
};

}  // namespace roger
