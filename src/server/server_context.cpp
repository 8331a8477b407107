// The wording of the answers, which docs/protocol.md lists, and what a failure comes to.
#include "server/server_context.hpp"

#include "net/spawn.hpp"
#include "protocol/answers.hpp"
#include "protocol/quantity.hpp"

#include <fmt/format.h>

#include <string>

namespace roger {

namespace {
/// An ack block of this size answers as many messages as one read can bring without copying.
constexpr std::size_t ack_block_bytes = 64 * 1024;
}  // namespace

MessageWriter* ServerContext::writer(std::size_t loop) const {
    auto const* const writing = handler.target<WritingHandler>();
    return writing != nullptr ? &writing->writer(loop) : nullptr;
}

std::optional<std::size_t> ServerContext::settle(std::exception_ptr const& thrown,
                                                 Refusals& refusals) const {
    try {
        std::rethrow_exception(thrown);
    } catch (Refused const& refused) {
        refusals.add_rest(refused.what());
        return std::nullopt;
    } catch (HandlerError const& error) {
        fail(Errc::handler_failed, describe(thrown));
        return error.displayed;
    } catch (...) {
        fail(Errc::handler_failed, describe(thrown));
        return 0;
    }
}

bool ServerContext::fails(MessageWriter const& writer, std::size_t unwritten) const {
    std::string const failure = unwritten != 0 ? writer.failure() : std::string();
    if (!failure.empty()) {
        fail(Errc::handler_failed, failure);
    }
    return !failure.empty();
}

ReplyLines reply_lines(ServerOptions const& options, Handler const& handler) {
    auto const* const writing = handler.target<WritingHandler>();
    return {
        .ack = ReplyLine(options.ack, ack_block_bytes),
        .busy = ReplyLine(busy_refusal),
        .too_long =
            ReplyLine(fmt::format("{}{}{}", too_long_prefix, options.max_message, too_long_suffix)),
        .message_timeout = ReplyLine(fmt::format("{}message not finished within {}", refusal_prefix,
                                                 to_string(options.message_timeout))),
        .idle_timeout = ReplyLine(
            fmt::format("{}idle for {}", refusal_prefix, to_string(options.idle_timeout))),
        .shutting_down = ReplyLine(shutting_down_refusal),
        .cannot_display = ReplyLine(writing != nullptr ? writing->refusal : cannot_display_refusal),
    };
}

}  // namespace roger
