// What a handler has refused of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// The refused messages of one batch, each known by its index in the batch, and why.
/// Batch::refuse() adds to it. For one thread at a time: there is no lock. Throws nothing but
/// std::bad_alloc.
class Refusals {
public:
    /// Different reasons in one batch, so that a client that does not read its answers costs little
    /// whatever the handler does: further ones are sent as `refused`.
    static constexpr std::size_t max_reasons = 50;

    /// Of a reason. The rest is cut off.
    static constexpr std::size_t max_reason_bytes = 1000;

    /// For a message that was refused before, the last reason stands.
    void add(std::size_t message, std::string_view reason);

    /// For every message that has no reason of its own.
    void add_rest(std::string_view reason);

    [[nodiscard]] bool empty() const { return reasons_.empty(); }

    /// The different reasons, as they are sent: escaped.
    [[nodiscard]] std::span<std::string const> reasons() const { return reasons_; }

    /// An index of reasons(); `std::nullopt`: the message was not refused.
    [[nodiscard]] std::optional<std::size_t> reason_for(std::size_t message) const;

private:
    std::size_t index_of(std::string_view reason);

    std::vector<std::string> reasons_;
    /// By message, as far as the last that was refused: one more than its reason's index, or 0.
    std::vector<std::uint8_t> refused_;
    std::optional<std::size_t> rest_;
};

}  // namespace roger
