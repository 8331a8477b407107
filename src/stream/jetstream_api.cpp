// JetStream's requests and answers, which are JSON.
#include "stream/jetstream_api.hpp"

#include "protocol/escaped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace roger {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Of JetStream's answer, or 0.
int error_code(nlohmann::json const& answer) {
    auto const code = "/error/err_code"_json_pointer;
    return answer.contains(code) && answer[code].is_number_integer() ? answer[code].get<int>() : 0;
}

std::string error_description(nlohmann::json const& answer) {
    auto const description = "/error/description"_json_pointer;
    return answer.contains(description) && answer[description].is_string()
               ? escaped(answer[description].get<std::string>())
               : "an error";
}

/// Of a cluster that has just been started, too few may know each other, or those that have the
/// stream may come last.
[[noreturn]] void throw_error(std::string const& sentence, int code) {
    if (tells_of_no_leader(code) || code == JSClusterNoPeersErr || code == JSStreamOfflineErr) {
        throw NatsUnavailable(sentence);
    }
    throw JetStreamError(sentence, code);
}

}  // namespace

bool tells_of_no_leader(int error_code) {
    return error_code == JSClusterNotAvailErr || error_code == JSClusterNotLeaderErr;
}

milliseconds time_until(Clock::time_point end) {
    return std::max(milliseconds(1), std::chrono::ceil<milliseconds>(end - Clock::now()));
}

nlohmann::json ask_jetstream(NatsClient& client, std::string const& request,
                             nlohmann::json const& argument, milliseconds most) {
    auto const end = Clock::now() + most;
    auto const connection = client.connection(most);
    unsigned const violations = connection->violations();
    std::string const subject = "$JS.API." + request;
    std::string const payload = argument.is_null() ? "" : argument.dump();
    natsMsg* received = nullptr;
    natsStatus const status =
        natsConnection_Request(&received, connection->get(), subject.c_str(), payload.data(),
                               static_cast<int>(payload.size()), time_until(end).count());
    NatsMessage const message(received);
    if (status != NATS_OK) {
        client.not_answered(connection, status);
    }
    if (status == NATS_NO_RESPONDERS) {
        throw std::runtime_error(
            fmt::format("{}: JetStream is not enabled there (nats-server --jetstream), nor in the "
                        "cluster as far as it is connected",
                        client.url()));
    }
    std::string const what = fmt::format("{}: {}", client.url(), request);
    if (status != NATS_OK) {
        std::string const sentence =
            fmt::format("{}: {}", what, connection->why_failed(status, violations));
        if (status == NATS_CONNECTION_CLOSED ||
            (status == NATS_TIMEOUT && connection->forbidden_since(violations).empty())) {
            throw NatsUnavailable(sentence);
        }
        throw std::runtime_error(sentence);
    }
    std::string_view const text(natsMsg_GetData(message.get()),
                                static_cast<std::size_t>(natsMsg_GetDataLength(message.get())));
    nlohmann::json answer = nlohmann::json::parse(text, nullptr, false);
    if (!answer.is_object()) {
        throw std::runtime_error(fmt::format("{}: the answer is no JSON", what));
    }
    if (answer.contains("error")) {
        int const code = error_code(answer);
        if (tells_of_no_leader(code)) {
            client.not_answered(connection, status);
        }
        throw_error(fmt::format("{}: {}", what, error_description(answer)), code);
    }
    return answer;
}

std::vector<std::string> streams_of(NatsClient& client, std::string const& subject) try {
    nlohmann::json const answer = ask_jetstream(client, "STREAM.NAMES", {{"subject", subject}});
    auto const names = answer.find("streams");
    return names != answer.end() && names->is_array() ? names->get<std::vector<std::string>>()
                                                      : std::vector<std::string>();
} catch (nlohmann::json::exception const& error) {
    throw std::runtime_error(
        fmt::format("{}: an answer that is not JetStream's: {}", client.url(), error.what()));
}

}  // namespace roger
