// What one client said in one go: the unit that a server hands to its handler.
#pragma once

#include "roger/peer.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>

namespace roger {

/// A range of messages, in the order they were said.
///
///     for (std::string_view message : batch) ...
///
/// A batch and its messages live until the handler that was given them returns, across its
/// suspensions; a handler that keeps one longer copies it.
class Batch {
public:
    class Iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = std::string_view;

        Iterator() = default;
        explicit Iterator(std::string_view rest) : rest_(rest) {}

        std::string_view operator*() const { return rest_.substr(0, rest_.find('\n')); }
        Iterator& operator++() {
            rest_.remove_prefix(rest_.find('\n') + 1);
            return *this;
        }
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(Iterator const& other) const { return rest_.size() == other.rest_.size(); }

    private:
        std::string_view rest_;
    };

    /// `text` holds every message followed by one '\n', which no message contains.
    Batch(std::string_view text, Peer const& from, std::size_t loop)
        : text_(text), from_(from), loop_(loop) {}

    [[nodiscard]] Iterator begin() const { return Iterator(text_); }
    [[nodiscard]] Iterator end() const { return Iterator(text_.substr(text_.size())); }
    [[nodiscard]] bool empty() const { return text_.empty(); }

    /// The messages as they are kept: each followed by one '\n'.
    [[nodiscard]] std::string_view text() const { return text_; }

    /// The sender; a Unix sender without a name has an empty path.
    [[nodiscard]] Address from() const { return from_.address(); }

    /// The event loop that the handler runs on, from 0 to ServerOptions::threads - 1: what is kept
    /// by loop needs no lock.
    [[nodiscard]] std::size_t loop() const { return loop_; }

private:
    std::string_view text_;
    Peer const& from_;
    std::size_t loop_;
};

}  // namespace roger
