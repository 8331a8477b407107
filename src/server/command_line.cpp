// The server's command line.
#include "server/command_line.hpp"

#include "program/options.hpp"
#include "server/validate.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace roger {

namespace {

void add_addresses(CLI::App& app, ServerOptions& options) {
    app.add_option_function<std::vector<std::string>>(
           "ADDRESS",
           [&options](std::vector<std::string> const& words) {
               for (std::string const& word : words) {
                   options.addresses.push_back(parse_address(word));
               }
           },
           "PORT, HOST:PORT, [IPV6]:PORT, udp:PORT, udp:HOST:PORT, unix:PATH, unixgram:PATH; @NAME "
           "for a PATH is an abstract name; port 0 lets the system choose")
        ->expected(1, -1)
        ->type_name("");
}

void add_classic(CLI::App& app, ServerCommandLine& command_line) {
    std::string const description =
        "serve as the tutorial's C server does: one connection over TCP or a Unix stream, "
        "datagrams "
        "over UDP; with --classic=forking, many over TCP";
    app.add_flag("--classic", description)->each([&command_line](std::string const& given) {
        if (given != "true" && given != "forking") {
            throw UsageError(
                fmt::format("--classic={}: write --classic or --classic=forking", given));
        }
        command_line.classic = given == "forking" ? ClassicServer::forking : ClassicServer::single;
    });
}

void check_classic(CLI::App const& app, ServerCommandLine const& command_line) {
    for (CLI::Option const* const option : app.get_options()) {
        if (!option->empty() && !option->get_positional() && option->get_name() != "--classic") {
            throw UsageError(fmt::format("{}: --classic has no use for it", option->get_name()));
        }
    }
    auto const& addresses = command_line.server.addresses;
    if (addresses.size() > 1) {
        throw UsageError("--classic: the tutorial's servers have one address");
    }
    if (!addresses.empty() && addresses[0].transport == Transport::unix_datagram) {
        throw UsageError("--classic: the tutorial has no server of Unix datagrams");
    }
    if (!addresses.empty() && addresses[0].transport != Transport::tcp &&
        command_line.classic == ClassicServer::forking) {
        throw UsageError("--classic=forking: the tutorial's forking server is one of TCP");
    }
}

/// In a stream records are lines of JSON, unless something else is asked for.
void check_publishing(CLI::App const& app, ServerCommandLine& command_line) {
    if (command_line.sync) {
        throw UsageError(
            "--sync: it syncs standard output; with --to the NATS servers sync (sync_interval)");
    }
    if (app.get_option("--show")->empty()) {
        command_line.show = Show::json;
    }
    if (command_line.show == Show::raw) {
        throw UsageError(
            "--show: raw: with --to a record must be a line, and a datagram's bytes may be "
            "several: "
            "text or json");
    }
}

void check(std::string_view name, std::string const& fault) {
    if (!fault.empty()) {
        throw UsageError(fmt::format("{}: {}", name, fault));
    }
}

void add_serving(CLI::App& app, ServerOptions& options) {
    add_switch(app, "--once", options.once, "end after the first connection");
    app.add_option("--limit", options.limit,
                   "maximum connections; the default is less if the limit on open files is")
        ->type_name("N")
        ->default_str("10000")
        ->check(CLI::Range(1, 1'000'000).description(""));
    add_choice(app, "--when-full", options.when_full,
               {{"wait", WhenFull::wait}, {"refuse", WhenFull::refuse}},
               "at the limit, leave newcomers in the listen queue, or answer 'error: busy'");
    app.add_option("--threads", options.threads, "event loops")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(1, static_cast<int>(most_threads)).description(""));
}

void add_timeouts(CLI::App& app, ServerOptions& options) {
    add_timeout(app, "--idle-timeout", options.idle_timeout,
                "a client that has said nothing for so long is closed");
    add_timeout(app, "--message-timeout", options.message_timeout,
                "a message begun and not ended in this time is refused, and its connection closed");
    add_timeout(app, "--write-timeout", options.write_timeout,
                "a client that does not take its answers for so long is closed");
    add_timeout(app, "--drain-timeout", options.drain_timeout, "how long a shutdown may take");
}

void add_messages(CLI::App& app, ServerCommandLine& command_line) {
    add_size(app, "--max-message", command_line.server.max_message,
             "a longer message is refused and skipped");
    app.add_option("--ack", command_line.server.ack, "the acknowledgement")
        ->type_name("TEXT")
        ->capture_default_str();
    add_choice(app, "--show", command_line.show,
               {{"text", Show::text}, {"raw", Show::raw}, {"json", Show::json}},
               "how a message is written: control characters as \\xHH, its bytes, or an object");
    add_switch(app, "--sync", command_line.sync,
               "acknowledge after fdatasync: what was acknowledged survives a power failure");
}

}  // namespace

void describe_command_line(CLI::App& app, ServerCommandLine& command_line) {
    app.description(
        "Receives messages, writes them to standard output, or with --to to a stream, and "
        "acknowledges them.");
    set_usage(app, {"[OPTIONS] ADDRESS..."});
    app.footer(
        "An acknowledgement means that the message has been written out.\n"
        "Times take ms, s, min or h, or are none; sizes take B, KiB or MiB.\n"
        "The first SIGINT or SIGTERM finishes what has been received and ends; a second,\n"
        "half a second or more later, ends at once. SIGUSR1 prints the counters on\n"
        "standard error: on a terminal a sentence, elsewhere name=value pairs.\n"
        "Exit status: 0 if all was well, 1 if not, 2 for wrong usage.");
    add_addresses(app, command_line.server);
    add_messages(app, command_line);
    add_publishing(app, command_line.publishing);
    add_serving(app, command_line.server);
    add_timeouts(app, command_line.server);
    add_choice(app, "--log-level", command_line.log_level,
               {{"debug", LogLevel::debug},
                {"info", LogLevel::info},
                {"warning", LogLevel::warning},
                {"error", LogLevel::error}},
               "the least that is logged on standard error");
    add_classic(app, command_line);
    app.callback([&app, &command_line] {
        if (command_line.classic) {
            check_classic(app, command_line);
        } else if (command_line.server.addresses.empty()) {
            throw CLI::RequiredError("ADDRESS");
        }
        if (command_line.publishing.asked) {
            check_publishing(app, command_line);
        }
        check("--max-message", fault_of_max_message(command_line.server.max_message));
        check("--ack", fault_of_ack(command_line.server.ack, command_line.server.addresses));
    });
}

}  // namespace roger
