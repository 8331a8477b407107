// Every line that a server can send, and what a failure comes to.
#include "server/server_context.hpp"

#include "net/spawn.hpp"
#include "protocol/answers.hpp"

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

std::optional<std::size_t> ServerContext::handle_exception(std::exception_ptr const& thrown,
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

bool ServerContext::end_if_failed(MessageWriter const& writer, std::size_t unwritten) const {
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
        .busy = ReplyLine(refusal(busy_reason)),
        .too_long = ReplyLine(refusal(too_long_reason(options.max_message))),
        .message_timeout = ReplyLine(refusal(message_timeout_reason(options.message_timeout))),
        .idle_timeout = ReplyLine(refusal(idle_timeout_reason(options.idle_timeout))),
        .shutting_down = ReplyLine(refusal(shutting_down_reason)),
        .cannot_display =
            ReplyLine(refusal(writing != nullptr ? writing->reason : cannot_display_reason)),
    };
}

}  // namespace roger
