// The load tester's command line.
#include "load/command_line.hpp"

#include "load/audited_output.hpp"
#include "load/option_groups.hpp"
#include "load/settings_text.hpp"
#include "net/datagram_size.hpp"
#include "net/endpoint.hpp"
#include "program/options.hpp"
#include "protocol/escaped.hpp"
#include "protocol/quote.hpp"
#include "protocol/url.hpp"
#include "report/objective.hpp"
#include "stream/credential_options.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace roger {

namespace {

/// One word is an address, two are HOST PORT.
Address read_address(std::vector<std::string> const& words) {
    Address address =
        words.size() == 1 ? parse_address(words[0]) : parse_address(words[0], words[1]);
    if (!is_unix(address.transport) && (address.host.empty() || address.port == 0)) {
        throw UsageError(
            "a load test needs the server's host and port: write HOST PORT, or HOST:PORT");
    }
    return address;
}

CLI::Option* add_file(CLI::App& app, std::string const& name, std::string& file,
                      std::string const& description) {
    auto const named = [](std::string const& given) {
        return given.empty() ? "the name of a file is missing" : "";
    };
    return app.add_option(name, file, description)->type_name("FILE")->check(named, "");
}

/// What `parse` throws is told after the option's name.
template <typename Parse>
void check_parses(char const* option, std::string const& text, Parse const& parse) {
    try {
        parse(text);
    } catch (std::invalid_argument const& wrong) {
        throw UsageError(fmt::format("{}: {}", option, wrong.what()));
    }
}

void add_verdict(CLI::App& app, LoadCommandLine& command_line) {
    auto* const assertions =
        app.add_option_function<std::vector<std::string>>(
               "--assert",
               [&command_line](std::vector<std::string> const& given) {
                   for (std::string const& text : given) {
                       check_parses("--assert", text, parse_objectives);
                   }
                   command_line.assertions = given;
               },
               "what must hold: p99<5ms, service.mean<1ms, connect.max<1s, rate>=9000, failed=0; "
               "may be repeated")
            ->type_name("WHAT")
            ->delimiter(',')
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option_function<std::string>(
           "--find",
           [&command_line](std::string const& given) {
               check_parses("--find", given, parse_objectives);
               command_line.find = given;
           },
           "find the highest rate at which this holds: p99<5ms,failed=0; a trial takes "
           "--duration, by default 2s, and the first has --rate, by default 1000")
        ->type_name("WHAT")
        ->excludes(assertions)
        ->excludes(app.get_option("--messages"));
    add_file(
        app, "--audit", command_line.audit_file,
        "number the messages, and look for them in the server's output (--show raw), or in the "
        "stream that it publishes to: nats://HOST:PORT/SUBJECT");
    add_nats_credentials(app, command_line.audit_credentials, app.get_option("--audit"));
}

void add_reports(CLI::App& app, LoadCommandLine& command_line) {
    app.add_option_function<std::string>(
           "--title",
           [&command_line](std::string const& given) { command_line.title = escaped(given); },
           "what to call the run in its reports")
        ->type_name("TEXT");
    ReportFiles& files = command_line.files;
    add_file(app, "--json", files.json, "write the report for programs");
    add_file(app, "--hgrm", files.hgrm, "write the response times by percentile");
    add_file(app, "--html", files.html, "write the report as a page");
    add_file(app, "--csv", files.csv, "write a line for each interval");
}

void add_merge(CLI::App& app, LoadCommandLine& command_line) {
    CLI::App* const merge = app.add_subcommand(
        "merge", "Joins reports (--json) of load tests that ran at the same time.");
    merge->add_option("FILE", command_line.reports, "reports")
        ->required()
        ->expected(1, -1)
        ->type_name("");
    add_reports(*merge, command_line);
    set_usage(*merge, {"[OPTIONS] FILE..."});
    merge->footer("Exit status: 0 all held, 1 something did not, 2 for wrong usage, 3 no verdict.");
    merge->set_help_flag("--help", "print this");
    merge->callback([&command_line] { command_line.work = LoadCommandLine::Work::merge; });
}

void check_audited_output(CLI::App const& app, std::string const& name) {
    if (is_stream_address(name)) {
        check_parses("--audit", name, parse_stream_address);
        return;
    }
    // A pipe may never end. What could be meant for an address is shown without a password.
    std::error_code unreadable;
    if (!std::filesystem::is_regular_file(name, unreadable) || !std::ifstream(name)) {
        throw UsageError(
            fmt::format("--audit: cannot read {} as a file: name the file that the server's "
                        "standard output goes to, or nats://HOST:PORT/SUBJECT",
                        quote(without_userinfo(name))));
    }
    for (char const* const option : nats_credential_options) {
        if (!app.get_option(option)->empty()) {
            throw UsageError(fmt::format(
                "{}: it is for --audit nats://HOST:PORT/SUBJECT, not for a file", option));
        }
    }
}

/// With two reports their order tells old from new; with more, --new does.
void tell_old_from_new(std::vector<std::string>& reports, std::vector<std::string>& new_reports) {
    constexpr std::string_view ways =
        "diff takes two reports, OLD NEW, or tells them apart by an option, OLD... --new NEW...";
    if (reports.empty()) {
        throw UsageError(fmt::format("{}: there is no old one", ways));
    }
    if (!new_reports.empty()) {
        return;
    }
    if (reports.size() != 2) {
        throw UsageError(fmt::format("{}: of {}, none is said to be new", ways, reports.size()));
    }
    new_reports.push_back(std::move(reports.back()));
    reports.pop_back();
}

void add_diff(CLI::App& app, LoadCommandLine& command_line) {
    CLI::App* const diff =
        app.add_subcommand("diff", "Tells what changed between reports (--json) beyond the noise.");
    diff->add_option("FILE", command_line.reports, "the reports; with --new all are old")
        ->expected(0, -1)
        ->type_name("");
    diff->add_option("--new", command_line.new_reports,
                     "new reports; of several on a side, how much they differ is the noise")
        ->expected(1, -1)
        ->type_name("NEW...");
    set_usage(*diff, {"OLD NEW", "OLD... --new NEW..."});
    diff->footer("Exit status: 0 no worse, 1 worse, 2 for wrong usage, 3 cannot tell.");
    diff->set_help_flag("--help", "print this");
    diff->callback([&command_line] {
        command_line.work = LoadCommandLine::Work::diff;
        tell_old_from_new(command_line.reports, command_line.new_reports);
    });
}

/// What a datagram has no use for, and what it needs another default for.
void check_datagrams(CLI::App const& app, LoadSettings& settings) {
    for (char const* const option : {"--pipeline", "--reconnect", "--greeting"}) {
        if (!app.get_option(option)->empty()) {
            throw UsageError(fmt::format(
                "{}: datagrams have no connection; each client has one in flight", option));
        }
    }
    for (auto const& [kind, count] : settings.misbehaving) {
        if (kind != Misbehaviour::deaf) {
            throw UsageError(fmt::format(
                "--misbehave: a datagram client can be deaf; to be {} takes a connection",
                name_of(kind)));
        }
    }
    if (settings.address.transport == Transport::udp && settings.size &&
        settings.size->high > static_cast<double>(largest_udp_payload)) {
        throw UsageError(
            fmt::format("--size: a UDP datagram holds at most {} bytes", largest_udp_payload));
    }
    if (app.get_option("--ack-timeout")->empty()) {
        settings.ack_timeout = std::chrono::seconds(1);
    }
    if (app.get_option("--line-ending")->empty()) {
        settings.line_ending = "";
    }
}

/// Stages have lengths of their own, and exclude other options that give a duration.
void check_stages(CLI::App const& app, LoadCommandLine& command_line) {
    LoadSettings& settings = command_line.settings;
    auto const length = settings.rate ? settings.rate->length() : std::nullopt;
    if (!length) {
        return;
    }
    for (char const* const option : {"--duration", "--messages", "--find"}) {
        if (!app.get_option(option)->empty()) {
            throw UsageError(
                fmt::format("{} excludes stages of --rate, which say how long each lasts", option));
        }
    }
    settings.duration = *length;
}

/// Clocks count nanoseconds, and in 64 bits: to some 292 years.
void check_length(LoadSettings const& settings) {
    constexpr double longest_s = 100.0 * 365 * 24 * 3600;
    auto const stages = settings.rate ? settings.rate->length() : std::nullopt;
    if (stages && to_seconds(*stages) > longest_s) {
        throw UsageError("--rate: its stages take longer than a hundred years");
    }
    if (settings.messages && settings.rate &&
        static_cast<double>(*settings.messages) / settings.rate->mean() > longest_s) {
        throw UsageError(fmt::format(
            "--messages {}: at {}/s they take longer than a hundred years: ask for fewer",
            *settings.messages, settings.rate->text()));
    }
}

/// A moment that has passed is told before a connection is made for it.
void check_start(LoadSettings const& settings) {
    auto const warmup = settings.warmup.value_or(std::chrono::milliseconds(0));
    if (settings.start_at && *settings.start_at - warmup <= std::chrono::system_clock::now()) {
        throw UsageError(
            fmt::format("--start-at: the moment {} has passed: choose a later one",
                        warmup == warmup.zero() ? "to begin" : "to begin the warm-up"));
    }
}

void check_weights(LoadSettings const& settings) {
    std::size_t const weights = settings.weights.size();
    if (weights != 0 && weights != settings.texts.size()) {
        throw UsageError(fmt::format("--weights: {} for {}: give one for each --message", weights,
                                     settings.texts.size()));
    }
}

/// Options before the subcommand that it would do nothing with.
void check_no_test(CLI::App const& app) {
    CLI::App const& subcommand = *app.get_subcommands().front();
    for (CLI::Option const* const option : app.get_options()) {
        std::string const name = option->get_name();
        if (!option->empty() && subcommand.get_option_no_throw(name) == nullptr) {
            throw UsageError(fmt::format(
                "{} is for a load test, and {} reads the reports of others: leave it out", name,
                subcommand.get_name()));
        }
    }
}

void check(CLI::App const& app, LoadCommandLine& command_line) {
    if (command_line.work != LoadCommandLine::Work::test) {
        check_no_test(app);
        return;
    }
    LoadSettings& settings = command_line.settings;
    if (app.get_option("ADDRESS")->empty()) {
        throw UsageError("ADDRESS is required: write HOST PORT, HOST:PORT, or unix:PATH");
    }
    if (settings.datagrams()) {
        check_datagrams(app, settings);
    }
    if (settings.sources && is_unix(settings.address.transport)) {
        throw UsageError("--source: a Unix socket is connected to from no address");
    }
    check_stages(app, command_line);
    check_length(settings);
    check_start(settings);
    check_weights(settings);
    settings.audit = !command_line.audit_file.empty();
    if (settings.audit) {
        check_audited_output(app, command_line.audit_file);
    }
    if (settings.threads > settings.clients) {
        throw UsageError(fmt::format("--threads {} is more than there are clients: use at most {}",
                                     settings.threads, settings.clients));
    }
    if (!command_line.find.empty()) {
        if (app.get_option("--duration")->empty()) {
            settings.duration = std::chrono::seconds(2);
        }
        if (!settings.duration) {
            throw UsageError("--find needs a --duration for each of its trials");
        }
    }
}

}  // namespace

void describe_command_line(CLI::App& app, LoadCommandLine& command_line) {
    app.description("Tests a line server with many clients, and tells what it takes.");
    set_usage(app, {"[OPTIONS] HOST PORT", "[OPTIONS] ADDRESS",
                    "merge [--title TEXT] [--json FILE] [--hgrm FILE] [--html FILE] FILE...",
                    "diff OLD NEW", "diff OLD... --new NEW..."});
    app.footer(
        "Response time is from the moment a message was planned to its answer, service time\n"
        "from the moment it was sent. Times take ms, s, min or h, or are none; sizes take B,\n"
        "KiB or MiB. Ctrl-C ends the test early, and still reports. The manual: docs/load.md.\n"
        "Exit status: 0 all held, 1 something did not, 2 for wrong usage, 3 no verdict.");
    app.add_option_function<std::vector<std::string>>(
           "ADDRESS",
           [&command_line](std::vector<std::string> const& words) {
               command_line.settings.address = read_address(words);
           },
           "HOST:PORT, [IPV6]:PORT, udp:HOST:PORT, unix:PATH, unixgram:PATH; @NAME for a PATH is "
           "an abstract name")
        ->expected(1, 2)
        ->type_name("");
    add_amount(app, command_line.settings);
    add_pace(app, command_line.settings);
    add_messages(app, command_line.settings);
    add_clients(app, command_line.settings);
    add_verdict(app, command_line);
    add_reports(app, command_line);
    for (char const* const report : {"--title", "--json", "--hgrm", "--html", "--csv", "--audit"}) {
        app.get_option("--find")->excludes(app.get_option(report));  // it makes many reports
    }
    app.get_option("--find")->excludes(app.get_option("--think-time"));  // its trials have a rate
    app.get_option("--find")->excludes(app.get_option("--start-at"));    // a trial after the other
    add_merge(app, command_line);
    add_diff(app, command_line);
    app.callback([&app, &command_line] { check(app, command_line); });
}

}  // namespace roger
