// JetStream's requests and answers, which are JSON.
#include "stream/jetstream_api.hpp"

#include "protocol/escaped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace roger {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// A request that came when there was no leader is never answered.
constexpr std::chrono::seconds request_timeout{5};

/// Of JetStream's answer, or 0.
int error_code(nlohmann::json const& answer) {
    auto const code = "/error/err_code"_json_pointer;
    return answer.contains(code) && answer[code].is_number_integer() ? answer[code].get<int>() : 0;
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
    if (auto const error = answer.find("error"); error != answer.end()) {
        int const code = error_code(answer);
        auto const description = "/error/description"_json_pointer;
        bool const is_told = answer.contains(description) && answer[description].is_string();
        std::string const sentence = fmt::format(
            "{}: {}", what, is_told ? escaped(answer[description].get<std::string>()) : "an error");
        if (tells_of_no_leader(code)) {
            client.not_answered(connection, status);
            throw NatsUnavailable(sentence);
        }
        // Of a cluster that has just been started, too few may know each other.
        if (code == JSClusterNoPeersErr) {
            throw NatsUnavailable(sentence);
        }
        throw JetStreamError(sentence, code);
    }
    return answer;
}

nlohmann::json await_jetstream(NatsClient& client, std::string const& request,
                               nlohmann::json const& argument, Clock::time_point end) {
    for (bool is_logged = false;; is_logged = true) {
        try {
            return ask_jetstream(client, request, argument, request_timeout);
        } catch (NatsUnavailable const& error) {
            if (Clock::now() >= end) {
                throw;
            }
            if (!is_logged) {
                client.log(LogLevel::warning, fmt::format("{}; trying again, for {} s in all",
                                                          error.what(), election_timeout.count()));
            }
        }
        std::this_thread::sleep_for(between_attempts);
    }
}

std::vector<std::string> streams_of(NatsClient& client, std::string const& subject,
                                    Clock::time_point end) {
    nlohmann::json const answer =
        await_jetstream(client, "STREAM.NAMES", {{"subject", subject}}, end);
    auto const names = answer.find("streams");
    return names != answer.end() && names->is_array() ? names->get<std::vector<std::string>>()
                                                      : std::vector<std::string>();
}

}  // namespace roger
