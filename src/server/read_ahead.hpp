// What a read has brought beyond what is taken at once from a client.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace roger {

class Session;

/// One for each event loop. A read can bring more lines than are taken at once: the rest is kept
/// for the session until its next read. Meanwhile the others cannot use this, and peek instead, so
/// that memory does not grow with the number of clients that send much. The rest begins behind the
/// end of a line: while there is one, no message of its session is unfinished.
class ReadAhead {
public:
    ReadAhead() = default;
    ReadAhead(ReadAhead const&) = delete;
    ReadAhead& operator=(ReadAhead const&) = delete;
    ~ReadAhead() = default;

    [[nodiscard]] bool usable_by(Session const& session) const {
        return owner_ == nullptr || owner_ == &session;
    }

    /// To be read into, if it is usable and nothing is kept.
    [[nodiscard]] std::span<char> buffer() { return buffer_; }

    /// Keeps `rest`, a part of the buffer, for `session`. If it is empty, others can use it again.
    void keep(Session const& session, std::string_view rest) {
        owner_ = rest.empty() ? nullptr : &session;
        rest_ = rest;
    }

    /// What is kept for it; empty if nothing is.
    [[nodiscard]] std::string_view kept_for(Session const& session) const {
        return owner_ == &session ? rest_ : std::string_view();
    }

    /// What is kept for a session ends with it.
    void release(Session const& session) {
        if (owner_ == &session) {
            keep(session, {});
        }
    }

private:
    std::array<char, 64 * 1024> buffer_;
    Session const* owner_ = nullptr;
    std::string_view rest_;
};

}  // namespace roger
