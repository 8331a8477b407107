// Which of the client's messages were acknowledged, and the sentences about those that were not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roger {

class Receipts {
public:
    void acknowledged() { ++messages_; }

    /// Returns the sentence: which message, and why.
    std::string not_acknowledged(std::string_view why);

    [[nodiscard]] bool complete() const { return missing_ == 0; }

    /// What a sentence for each does not show: how many there were. Empty unless there were
    /// several.
    [[nodiscard]] std::string summary() const;

private:
    std::size_t messages_ = 0;
    std::size_t missing_ = 0;
    std::string first_missing_;
};

}  // namespace roger
