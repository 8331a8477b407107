// Settings in words.
#include "load/settings_text.hpp"

#include "load/checksum.hpp"
#include "program/units.hpp"
#include "protocol/escaped.hpp"
#include "protocol/quantity.hpp"
#include "protocol/quote.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

namespace roger {

namespace {

/// As many as are read by a person; what the others are is in a checksum, which tells apart tests
/// that differ in them alone.
std::string texts_text(std::vector<std::string> const& texts) {
    if (texts.size() == 1) {
        return escaped(texts.front());
    }
    constexpr std::size_t most_listed = 8;
    std::string text;
    Checksum checksum;
    for (std::size_t i = 0; i != texts.size(); ++i) {
        if (i < most_listed) {
            text += fmt::format("{}{}", i == 0 ? "" : ", ", quote(texts[i]));
        } else {
            checksum.add(texts[i]);
            checksum.add("\n");  // none has one
        }
    }
    if (texts.size() > most_listed) {
        text += fmt::format(" and {} more with checksum {:016x}", texts.size() - most_listed,
                            checksum.sum());
    }
    return text;
}

std::string message_text(LoadSettings const& settings) {
    if (settings.size) {
        auto const size = [](double bytes) {
            return size_to_string(static_cast<std::size_t>(bytes));
        };
        return settings.size->text(size) + " of letters";
    }
    return texts_text(settings.texts);
}

std::string line_ending_text(std::string const& line_ending) {
    return line_ending.empty() ? "none" : line_ending == "\n" ? "lf" : "crlf";
}

std::string misbehaving_text(LoadSettings const& settings) {
    std::string text;
    for (auto const& [kind, count] : settings.misbehaving) {
        text += fmt::format("{}{}={}", text.empty() ? "" : ",", name_of(kind), count);
    }
    return text;
}

}  // namespace

std::string name_of(Misbehaviour kind) {
    return std::ranges::find(misbehaviours, kind, &decltype(misbehaviours)::value_type::second)
        ->first;
}

std::vector<std::pair<std::string, std::string>> settings_text(LoadSettings const& settings) {
    std::vector<std::pair<std::string, std::string>> lines;
    auto const add = [&lines](std::string name, std::string value) {
        lines.emplace_back(std::move(name), std::move(value));
    };
    add("clients", std::to_string(settings.clients));
    if (settings.messages) {
        add("messages", std::to_string(*settings.messages));
    } else {
        add("duration", to_string(settings.duration));
    }
    add("warmup", to_string(settings.warmup));
    add("ramp", to_string(settings.ramp));
    add("threads", std::to_string(settings.threads));
    add("rate", settings.rate ? settings.rate->text() + "/s" : "as fast as answers come");
    if (settings.rate) {
        add("arrivals", settings.arrivals == Arrivals::even ? "even" : "poisson");
    }
    if (settings.think_time) {
        auto const time = [](double ms) {
            return to_string(Timeout(std::chrono::milliseconds(std::llround(ms))));
        };
        add("think-time", settings.think_time->text(time));
    }
    add("seed", std::to_string(settings.seed));
    if (!settings.datagrams()) {
        add("pipeline", std::to_string(settings.pipeline));
        add("reconnect", settings.per_connection == 0
                             ? "never"
                             : "after " + count_text(settings.per_connection, "message"));
    }
    add("message", message_text(settings));
    if (!settings.weights.empty()) {
        add("weights", fmt::format("{}", fmt::join(settings.weights, ",")));
    }
    add("line-ending", line_ending_text(settings.line_ending));
    add("expect", settings.expect ? escaped(*settings.expect) : "any");
    if (settings.greeting) {
        add("greeting", "waited for");
    }
    add("connect-timeout", to_string(settings.connect_timeout));
    add("ack-timeout", to_string(settings.ack_timeout));
    if (settings.sources) {
        add("source",
            settings.sources->first.to_string() + "-" + settings.sources->second.to_string());
    }
    if (!settings.misbehaving.empty()) {
        add("misbehave", misbehaving_text(settings));
    }
    if (settings.audit) {
        add("audit", "on");
    }
    return lines;
}

}  // namespace roger
