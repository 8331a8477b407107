// What every session of a server goes by. Set up before the first client comes, constant after.
#pragma once

#include "protocol/replies.hpp"
#include "roger/server.hpp"

#include <functional>
#include <string>

namespace roger {

struct Service {
    ServerOptions options;
    Handler handler;
    ReplyLines lines;
    /// Something went wrong for good: remembered for the outcome, and the server drains.
    std::function<void(std::string const& what)> fail;
};

/// Every line that a server with these options can say.
ReplyLines reply_lines(ServerOptions const& options);

}  // namespace roger
