// A checksum that is the same everywhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace roger {

/// FNV-1a, 64 bits: RFC 9923.
class Checksum {
public:
    void add(std::string_view bytes) {
        for (char const byte : bytes) {
            sum_ = (sum_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
        }
    }
    [[nodiscard]] std::uint64_t sum() const { return sum_; }

private:
    std::uint64_t sum_ = 0xcbf29ce484222325;
};

}  // namespace roger
