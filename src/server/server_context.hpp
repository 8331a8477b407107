// What all sessions of a server share. Set up before the first client comes, constant from then on.
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
    /// The server as a whole, this included. Its coroutines keep it alive; whatever else is pending
    /// checks whether it still exists.
    std::weak_ptr<void> owner;
    /// Something went wrong for good: records it for the result, and drains.
    std::function<void(Errc code, std::string const& what)> fail;

    /// The loop's, where the handler has messages written; else null.
    [[nodiscard]] MessageWriter* writer(std::size_t loop) const;

    /// The handler threw. A refusal of the batch is added to `refusals`, and nothing is returned.
    /// Anything else ends the server; how many messages of the batch were handled is returned.
    [[nodiscard]] std::optional<std::size_t> handle_exception(std::exception_ptr const& thrown,
                                                              Refusals& refusals) const;

    /// So many settled messages were not written. Ends the server if the writer has failed for
    /// good; returns whether.
    [[nodiscard]] bool end_if_failed(MessageWriter const& writer, std::size_t unwritten) const;
};

/// Every line that a server with these options and this handler can send.
ReplyLines reply_lines(ServerOptions const& options, Handler const& handler);

}  // namespace roger
