// What every session of a server goes by. Set up before the first client comes, constant after.
#pragma once

#include "protocol/replies.hpp"
#include "roger/server.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <string>

namespace roger {

struct ServerContext {
    ServerOptions options;
    Handler handler;
    ReplyLines lines;
    /// Something went wrong for good: remembered for the result, and the server drains.
    std::function<void(std::string const& what)> fail;

    /// The handler threw, which is for good: returns how many messages of its batch it took.
    [[nodiscard]] std::size_t failed(std::exception_ptr const& thrown) const;
};

/// Every line that a server with these options can say.
ReplyLines reply_lines(ServerOptions const& options);

}  // namespace roger
