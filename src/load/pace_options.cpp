// How many clients and messages, and when.
#include "load/option_groups.hpp"
#include "program/options.hpp"
#include "protocol/quantity.hpp"
#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace roger {

namespace {

constexpr std::int64_t most_clients = 1'000'000;

/// Makes thousands of `10k`, and millions of `2M`.
CLI::Validator thousands() {
    return {[](std::string& given) {
                char const unit = given.empty() ? '\0' : given.back();
                bool const digits = given.find_first_not_of("0123456789") + 1 == given.size();
                if (digits && given.size() > 1 && (unit == 'k' || unit == 'M')) {
                    given.pop_back();
                    given += unit == 'k' ? "000" : "000000";
                }
                return std::string();
            },
            ""};
}

CLI::Option* add_count(CLI::App& app, std::string const& name, std::size_t& count,
                       std::size_t least, std::size_t most, std::string const& description) {
    return app.add_option(name, count, description)
        ->type_name("N")
        ->capture_default_str()
        ->transform(thousands())
        ->check(CLI::Range(least, most).description(""));
}

double parse_milliseconds(std::string_view text) {
    return static_cast<double>(parse_time(text).count());
}

/// A time that a test may do without: 0ms and none are the same.
void add_optional_time(CLI::App& app, std::string const& name, Timeout& value,
                       std::string const& description) {
    auto const parse = [](std::string_view text) {
        return text == "none" ? std::chrono::milliseconds(0) : parse_time(text);
    };
    add_parsed(app, name, value, parse, description)
        ->type_name("TIME")
        ->default_str(to_string(value));
}

/// RFC 3339, in UTC, to the second.
std::chrono::system_clock::time_point parse_utc(std::string const& text) {
    std::tm parts{};
    char const* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    int const day = parts.tm_mday;
    std::time_t const moment = ::timegm(&parts);
    // It makes the 3rd of March of the 31st of February. Nanoseconds since 1970 end in 2262.
    constexpr int year_2200 = 300;
    bool const exists = parts.tm_mday == day && moment >= 0 && parts.tm_year < year_2200;
    if (end == nullptr || *end != '\0' || !exists) {
        throw std::invalid_argument(quote(text) +
                                    " is no moment: write it in UTC, as in 2026-11-26T12:00:00Z");
    }
    return std::chrono::system_clock::from_time_t(moment);
}

Distribution parse_think_time(std::string_view text) {
    return Distribution::parse(text, parse_milliseconds);
}

}  // namespace

void add_amount(CLI::App& app, LoadSettings& settings) {
    add_count(app, "-c,--clients", settings.clients, 1, most_clients, "held connected at once");
    auto* const duration = add_timeout(app, "-d,--duration", settings.duration,
                                       "how long to measure; none: until Ctrl-C");
    app.add_option("-n,--messages", settings.messages, "measure so many messages instead")
        ->type_name("N")
        ->transform(thousands())
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000'000}).description(""))
        ->excludes(duration);
    add_parsed(app, "--start-at", settings.start_at, parse_utc,
               "begin to measure then, as others do: 2026-11-26T12:00:00Z")
        ->type_name("UTC");
    add_optional_time(app, "--warmup", settings.warmup, "talk for so long before measuring");
    add_optional_time(app, "--ramp", settings.ramp, "spread the first connections over so long");
    add_count(app, "-t,--threads", settings.threads, 1, 256, "event loops");
    add_timeout(app, "--connect-timeout", settings.connect_timeout, "for a connection; or none");
    add_timeout(app, "--ack-timeout", settings.ack_timeout,
                "for an answer, by default 1s to a datagram; or none");
}

void add_pace(CLI::App& app, LoadSettings& settings) {
    auto* const rate =
        add_parsed(
            app, "-R,--rate", settings.rate, RateSchedule::parse,
            "messages a second in all, planned beforehand, whatever the server does: 1000, 10k; "
            "stages and ramps: 1000:10s,1000-5000:30s; without it, each client sends when its "
            "last message was answered")
            ->type_name("R");
    add_choice(app, "--arrivals", settings.arrivals,
               {{"even", Arrivals::even}, {"poisson", Arrivals::poisson}},
               "how the messages of --rate are spread over time")
        ->needs(rate);
    add_parsed(
        app, "--think-time", settings.think_time, parse_think_time,
        "wait for so long between an answer and the next message: 100ms, 50ms-150ms, exp:100ms")
        ->type_name("TIME")
        ->excludes(rate);
    add_count(app, "--seed", settings.seed, 0, std::numeric_limits<std::int64_t>::max(),
              "of what is random: the same in every run");
    add_count(app, "--pipeline", settings.pipeline, 1, 65536,
              "messages that a client may have in flight");
    std::string const reconnect =
        "reconnect for every message, or with --reconnect=K for every K messages";
    app.add_flag("--reconnect", reconnect)->each([&settings](std::string const& given) {
        std::int64_t messages = 1;
        bool const number = given == "true" || CLI::detail::lexical_cast(given, messages);
        if (!number || messages < 1) {
            throw UsageError(fmt::format(
                "--reconnect={}: write how many messages a connection is for, from 1", given));
        }
        settings.per_connection = static_cast<std::size_t>(messages);
    });
}

}  // namespace roger
