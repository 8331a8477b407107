// Messages from the client's standard input: a line is a message.
#pragma once

#include "client/printer.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace roger {

/// Reads lines of any length and any bytes. Asks for each where `input`, which it does not own, is
/// a terminal. It blocks while it waits: the client has one connection and nothing else on its
/// event loop, so that there is nobody to be kept waiting.
class Prompt {
public:
    /// Whatever waits in `printer` is shown before each wait for input.
    Prompt(int input, Printer& printer);

    [[nodiscard]] bool terminal() const { return terminal_; }

    /// The next line without its line ending, the last one also if it has none; nothing at the end
    /// of the input. Throws std::system_error when reading fails.
    std::optional<std::string> next();

private:
    bool read_more();

    int input_;
    bool terminal_;
    bool ended_ = false;
    Printer& printer_;
    std::string_view unread_;  ///< in buffer_
    std::array<char, 64 * 1024> buffer_;
};

}  // namespace roger
