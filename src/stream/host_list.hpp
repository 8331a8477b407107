// The NATS servers that can be connected to, and which of them comes next.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace roger {

class HostList {
public:
    /// `given`: at least one, as HOST or HOST:PORT. They are never forgotten.
    explicit HostList(std::vector<std::string> const& given);

    /// All of them, each once. Behind the one that was connected to last come those after it, and
    /// it is itself the last: whatever was wrong with it may be so still.
    [[nodiscard]] std::vector<std::string> next_first() const;

    /// Whether there is one besides `host`.
    [[nodiscard]] bool has_other_than(std::string const& host) const;

    void connected_to(std::string const& host) { connected_ = host; }

    /// Adds those that are not there.
    void learn(std::vector<std::string> const& others);

    /// In place of those learned before, but for the one that was connected to last. None: a server
    /// that names no other may have lost them just now, and they are kept.
    void relearn(std::vector<std::string> const& others);

private:
    std::vector<std::string> hosts_;
    std::size_t given_;
    std::string connected_;
};

}  // namespace roger
