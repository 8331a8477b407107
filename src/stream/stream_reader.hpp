// Reads what a stream has stored.
#pragma once

#include "roger/log.hpp"
#include "stream/stream_options.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

namespace roger {

class StreamReader {
public:
    StreamReader() = default;
    StreamReader(StreamReader const&) = delete;
    StreamReader& operator=(StreamReader const&) = delete;
    virtual ~StreamReader() = default;

    /// What has been stored since it was opened, of every server's subject, one stream after the
    /// other and each in its order. Throws std::runtime_error with a sentence, also where `stop` is
    /// requested, after which no more can be read.
    virtual void read_new(std::function<void(std::string_view block)> const& take,
                          std::stop_token const& stop) = 0;
};

/// All streams that take what is published to the address, or a part of it. `log` is told, by the
/// calling thread, where JetStream is waited for. Throws std::runtime_error with a sentence.
std::unique_ptr<StreamReader> open_stream_reader(StreamOptions const& options, Log const& log);

}  // namespace roger
