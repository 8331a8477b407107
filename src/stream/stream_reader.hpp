// Reads what a stream has stored.
#pragma once

#include "stream/stream_address.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace roger {

class StreamReader {
public:
    StreamReader() = default;
    StreamReader(StreamReader const&) = delete;
    StreamReader& operator=(StreamReader const&) = delete;
    virtual ~StreamReader() = default;

    /// What has been stored since it was opened, of every server's subject, in the stream's order.
    /// Throws std::runtime_error with a sentence.
    virtual void read_new(std::function<void(std::string_view block)> const& take) = 0;
};

/// The stream that takes what is published to the address. Throws std::runtime_error with a
/// sentence.
std::unique_ptr<StreamReader> open_stream_reader(StreamAddress const& address);

}  // namespace roger
