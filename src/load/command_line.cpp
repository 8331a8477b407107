// The load tester's command line.
#include "load/command_line.hpp"

#include "load/settings_text.hpp"
#include "net/endpoint.hpp"
#include "program/options.hpp"
#include "protocol/line_ending.hpp"
#include "protocol/record.hpp"
#include "report/objective.hpp"

#include <asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
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
        throw WrongUse(
            "a load test needs the server's host and port: write HOST PORT, or HOST:PORT");
    }
    return address;
}

constexpr std::int64_t most_clients = 1'000'000;

CLI::Option* add_count(CLI::App& app, std::string const& name, std::size_t& count,
                       std::size_t least, std::size_t most, std::string const& description) {
    return app.add_option(name, count, description)
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(least, most).description(""));
}

CLI::Option* add_file(CLI::App& app, std::string const& name, std::string& file,
                      std::string const& description) {
    auto const named = [](std::string const& given) {
        return given.empty() ? "the name of a file is missing" : "";
    };
    return app.add_option(name, file, description)->type_name("FILE")->check(named, "");
}

std::vector<std::string> read_lines(std::string const& path) {
    std::ifstream file(path);
    if (!file) {
        throw WrongUse(
            fmt::format("--messages-from {}: {}", path, std::generic_category().message(errno)));
    }
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        if (!file.eof()) {  // it had a newline
            line += '\n';
        }
        lines.emplace_back(without_line_ending(line));
    }
    if (lines.empty()) {
        throw WrongUse(fmt::format("--messages-from {}: there is no line in it", path));
    }
    return lines;
}

std::pair<asio::ip::address, asio::ip::address> read_sources(std::string const& text) {
    std::size_t const dash = text.find('-');
    asio::error_code wrong;
    auto const first = asio::ip::make_address(text.substr(0, dash), wrong);
    auto const last =
        wrong || dash == text.npos ? first : asio::ip::make_address(text.substr(dash + 1), wrong);
    if (wrong) {
        throw WrongUse(
            fmt::format("--source: '{}' is no address and no range of addresses: write "
                        "10.0.0.1 or 10.0.0.1-10.0.0.9",
                        text));
    }
    return {first, last};
}

std::map<Misbehaviour, std::size_t> read_misbehaving(std::vector<std::string> const& words) {
    std::map<Misbehaviour, std::size_t> counts;
    for (std::string const& word : words) {
        std::size_t const equals = word.find('=');
        auto const kind = std::ranges::find(misbehaviours, word.substr(0, equals),
                                            &decltype(misbehaviours)::value_type::first);
        std::int64_t count = 0;
        bool const counted = equals != word.npos &&
                             CLI::detail::lexical_cast(word.substr(equals + 1), count) &&
                             count >= 0 && count <= most_clients;
        if (kind == misbehaviours.end() || !counted) {
            throw WrongUse(
                fmt::format("--misbehave: '{}' is not KIND=N; the kinds are silent, "
                            "slow, deaf, half, reset, endless",
                            word));
        }
        counts[kind->second] += static_cast<std::size_t>(count);
    }
    return counts;
}

void add_amount(CLI::App& app, LoadSettings& settings) {
    add_count(app, "--clients", settings.clients, 1, most_clients, "held connected at once");
    auto* const duration = add_timeout(app, "--duration", settings.duration,
                                       "how long to measure; none: until Ctrl-C");
    app.add_option("--messages", settings.messages, "measure so many messages instead")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000'000}).description(""))
        ->excludes(duration);
    add_timeout(app, "--warmup", settings.warmup, "talk for so long before measuring");
    add_timeout(app, "--ramp", settings.ramp, "spread the first connections over so long");
    add_count(app, "--threads", settings.threads, 1, 256, "event loops");
    add_timeout(app, "--connect-timeout", settings.connect_timeout, "for a connection; or none");
    add_timeout(app, "--ack-timeout", settings.ack_timeout,
                "for an answer, by default 1s to a datagram; or none");
}

void add_pace(CLI::App& app, LoadSettings& settings) {
    auto* const rate =
        app.add_option("--rate", settings.rate,
                       "messages a second in all, planned beforehand, whatever the server does; "
                       "without it, each client sends when its last message was answered")
            ->type_name("R")
            ->check(CLI::Range(0.001, 1e9).description(""));
    add_choice(app, "--arrivals", settings.arrivals,
               {{"even", Arrivals::even}, {"poisson", Arrivals::poisson}},
               "how the messages of --rate are spread over time")
        ->needs(rate);
    add_count(app, "--pipeline", settings.pipeline, 1, 65536,
              "messages that a client may have in flight");
    std::string const reconnect =
        "connect anew for every message, or with --reconnect=K for every K messages";
    app.add_flag("--reconnect", reconnect)->each([&settings](std::string const& given) {
        std::int64_t messages = 1;
        bool const number = given == "true" || CLI::detail::lexical_cast(given, messages);
        if (!number || messages < 1) {
            throw WrongUse(fmt::format(
                "--reconnect={}: write how many messages a connection is for, from 1", given));
        }
        settings.per_connection = static_cast<std::size_t>(messages);
    });
}

void add_messages(CLI::App& app, LoadSettings& settings) {
    auto* const text = app.add_option_function<std::string>(
        "--message", [&settings](std::string const& given) { settings.texts = {given}; },
        "what to say; {client} and {message} stand for their numbers");
    text->type_name("TEXT")->default_str(settings.texts.front());
    auto* const size = add_size(app, "--size", settings.size, "messages of so many bytes");
    size->default_str("")->excludes(text);
    app.add_option_function<std::string>(
           "--messages-from",
           [&settings](std::string const& path) { settings.texts = read_lines(path); },
           "say the lines of FILE in turn")
        ->type_name("FILE")
        ->excludes(text)
        ->excludes(size);
    add_choice(app, "--line-ending", settings.line_ending, {{"lf", "\n"}, {"crlf", "\r\n"}},
               "what ends a message; by default, a datagram is not ended");
    app.add_option_function<std::string>(
           "--expect",
           [&settings](std::string const& given) {
               settings.expect = given == "any" ? std::nullopt : std::optional(given);
           },
           "the answer that is an acknowledgement; any: every line is")
        ->type_name("TEXT")
        ->default_str(*settings.expect);
    app.add_flag("--greeting", settings.greeting,
                 "the server speaks first: wait for its line before the first message");
}

void add_clients(CLI::App& app, LoadSettings& settings) {
    app.add_option_function<std::string>(
           "--source",
           [&settings](std::string const& text) { settings.sources = read_sources(text); },
           "connect from these addresses of ours, in turn")
        ->type_name("A[-B]");
    app.add_option_function<std::vector<std::string>>(
           "--misbehave",
           [&settings](std::vector<std::string> const& words) {
               settings.misbehaving = read_misbehaving(words);
           },
           "besides, N clients that are silent, slow, deaf, half, reset or endless")
        ->type_name("KIND=N,...")
        ->delimiter(',')
        ->allow_extra_args(false);
}

void check_objectives(char const* option, std::string const& text) {
    try {
        parse_objectives(text);
    } catch (std::invalid_argument const& wrong) {
        throw WrongUse(fmt::format("{}: {}", option, wrong.what()));
    }
}

void add_verdict(CLI::App& app, LoadCommandLine& command_line) {
    auto* const assertions =
        app.add_option_function<std::vector<std::string>>(
               "--assert",
               [&command_line](std::vector<std::string> const& given) {
                   for (std::string const& text : given) {
                       check_objectives("--assert", text);
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
               check_objectives("--find", given);
               command_line.find = given;
           },
           "find the highest rate at which this holds: p99<5ms,failed=0; a trial takes "
           "--duration, by default 2s, and the first has --rate, by default 1000")
        ->type_name("WHAT")
        ->excludes(assertions)
        ->excludes(app.get_option("--messages"));
    add_file(app, "--audit", command_line.audit_file,
             "number the messages, and look for them in the server's output (--show raw)");
}

void add_reports(CLI::App& app, LoadCommandLine& command_line) {
    app.add_option_function<std::string>(
           "--title",
           [&command_line](std::string const& given) {
               command_line.title.clear();
               append_text(command_line.title, given);
           },
           "what to call the run in its reports")
        ->type_name("TEXT");
    ReportFiles& files = command_line.files;
    add_file(app, "--json", files.json, "write the report for programs");
    add_file(app, "--hgrm", files.hgrm, "write the response times by percentile");
    add_file(app, "--html", files.html, "write the report as a page");
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

/// What two reports alone say by their order, of more --new says.
void tell_old_from_new(std::vector<std::string>& reports, std::vector<std::string>& new_reports) {
    if (!new_reports.empty()) {
        return;
    }
    if (reports.size() != 2) {
        throw WrongUse(fmt::format(
            "diff takes two reports, OLD NEW, or tells them apart by an option, OLD... --new "
            "NEW...: of {}, none is said to be new",
            reports.size()));
    }
    new_reports.push_back(std::move(reports.back()));
    reports.pop_back();
}

void add_diff(CLI::App& app, LoadCommandLine& command_line) {
    CLI::App* const diff =
        app.add_subcommand("diff", "Tells what changed between reports (--json) beyond the noise.");
    diff->add_option("OLD NEW", command_line.reports, "the reports; with --new all are old")
        ->required()
        ->expected(1, -1)
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
            throw WrongUse(fmt::format(
                "{}: datagrams have no connection; each client has one in flight", option));
        }
    }
    for (auto const& [kind, count] : settings.misbehaving) {
        if (kind != Misbehaviour::deaf) {
            throw WrongUse(fmt::format(
                "--misbehave: a datagram client can be deaf; to be {} takes a connection",
                name_of(kind)));
        }
    }
    // udp(7): what fits into an IPv4 packet.
    constexpr std::size_t most_udp = 65'507;
    if (settings.address.transport == Transport::udp && settings.size > most_udp) {
        throw WrongUse(fmt::format("--size: a UDP datagram holds at most {} bytes", most_udp));
    }
    if (app.get_option("--ack-timeout")->empty()) {
        settings.ack_timeout = std::chrono::seconds(1);
    }
    if (app.get_option("--line-ending")->empty()) {
        settings.line_ending = "";
    }
}

void check(CLI::App const& app, LoadCommandLine& command_line) {
    if (command_line.work != LoadCommandLine::Work::test) {
        return;
    }
    LoadSettings& settings = command_line.settings;
    if (app.get_option("ADDRESS")->empty()) {
        throw WrongUse("ADDRESS is required: write HOST PORT, HOST:PORT, or unix:PATH");
    }
    if (settings.datagrams()) {
        check_datagrams(app, settings);
    }
    settings.audit = !command_line.audit_file.empty();
    if (settings.audit && !std::ifstream(command_line.audit_file)) {
        throw WrongUse(
            fmt::format("--audit: cannot read {}: name the file that the server's "
                        "standard output goes to",
                        command_line.audit_file));
    }
    if (settings.threads > settings.clients) {
        throw WrongUse(fmt::format("--threads {} is more than there are clients: use at most {}",
                                   settings.threads, settings.clients));
    }
    if (!command_line.find.empty()) {
        if (app.get_option("--duration")->empty()) {
            settings.duration = std::chrono::seconds(2);
        }
        if (!settings.duration) {
            throw WrongUse("--find needs a --duration for each of its trials");
        }
    }
}

}  // namespace

void describe_command_line(CLI::App& app, LoadCommandLine& command_line) {
    app.description("Tests a line server with many clients, and tells what it takes.");
    set_usage(app, {"[OPTIONS] HOST PORT", "[OPTIONS] ADDRESS",
                    "merge [--json FILE] [--hgrm FILE] [--html FILE] FILE...", "diff OLD NEW",
                    "diff OLD... --new NEW..."});
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
    for (char const* const report : {"--title", "--json", "--hgrm", "--html", "--audit"}) {
        app.get_option("--find")->excludes(app.get_option(report));  // it makes many reports
    }
    add_merge(app, command_line);
    add_diff(app, command_line);
    app.callback([&app, &command_line] { check(app, command_line); });
}

}  // namespace roger
