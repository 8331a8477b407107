// What every session of a server goes by. Set up before the first client comes, constant after.
#pragma once

#include "protocol/replies.hpp"
#include "roger/server.hpp"
#include "server/message_writer.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace roger {

struct ServerContext {
    ServerOptions options;
    Handler handler;
    ReplyLines lines;
    /// The server as a whole, this included. Its coroutines keep it; whatever else is pending looks
    /// whether it is still there.
    std::weak_ptr<void> owner;
    /// Something went wrong for good: remembered for the result, and the server drains.
    std::function<void(Errc code, std::string const& what)> fail;

    /// The loop's, where the handler has messages written; else null.
    [[nodiscard]] MessageWriter* writer(std::size_t loop) const;

    /// The handler threw. A refusal of the batch is added to `refusals`, and nothing returned; what
    /// else it throws ends the server, and how many messages of the batch it took is returned.
    [[nodiscard]] std::optional<std::size_t> settle(std::exception_ptr const& thrown,
                                                    Refusals& refusals) const;

    /// So many messages that a writer has settled were not written. If nothing is any more, the
    /// server fails; returns whether.
    [[nodiscard]] bool fails(MessageWriter const& writer, std::size_t unwritten) const;
};

/// Every line that a server with these options and this handler can send.
ReplyLines reply_lines(ServerOptions const& options, Handler const& handler);

}  // namespace roger
