// Which messages were sent and acked: what the server's output is held against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace roger {

/// Of one event loop's clients. Messages have numbers from 1, each client's of its own.
class AuditTrail {
public:
    /// The client has sent its next message.
    void sent(std::size_t client) {
        if (clients_.size() <= client) {
            clients_.resize(client + 1);
        }
        clients_[client].push_back(false);
    }
    void acked(std::size_t client, std::uint64_t message) { clients_[client][message - 1] = true; }

    /// By client, then by message: whether it was acked.
    [[nodiscard]] std::vector<std::vector<bool>> const& clients() const { return clients_; }

private:
    std::vector<std::vector<bool>> clients_;
};

}  // namespace roger
