// The client's command line.
#include "client/command_line.hpp"

#include "program/options.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace roger {

namespace {

/// One word is an address, two are HOST PORT.
Address read_address(std::vector<std::string> const& words) {
    Address address =
        words.size() == 1 ? parse_address(words[0]) : parse_address(words[0], words[1]);
    if (!is_unix(address.transport) && address.host.empty()) {
        throw UsageError("a client needs the server's host: write HOST PORT, or HOST:PORT");
    }
    if (!is_unix(address.transport) && address.port == 0) {
        throw UsageError(
            "a client needs the port that the server listens on, from 1 to 65535, not 0");
    }
    return address;
}

void refuse_newlines(std::vector<std::string> const& messages) {
    for (std::string const& message : messages) {
        if (message.find('\n') != message.npos) {
            throw UsageError("--message: a newline ends a message; give --message for each line");
        }
    }
}

void check_classic(CLI::App const& app, TalkOptions const& options) {
    for (char const* const name : {"--keep", "--message", "--retries"}) {
        if (!app.get_option(name)->empty()) {
            throw UsageError(fmt::format("{}: --classic has no use for it", name));
        }
    }
    if (options.address.transport == Transport::unix_datagram) {
        throw UsageError("--classic: the tutorial has no client of Unix datagrams");
    }
}

void check(CLI::App const& app, ClientCommandLine const& command_line) {
    TalkOptions const& options = command_line.options;
    if (command_line.classic) {
        check_classic(app, options);
        return;
    }
    if (app.get_option("ADDRESS")->empty()) {
        throw CLI::RequiredError("ADDRESS");
    }
    if (!app.get_option("--retries")->empty() &&
        socket_type(options.address.transport) == SocketType::stream) {
        throw UsageError("--retries: only a datagram is sent again; a stream does that itself");
    }
}

}  // namespace

void describe_command_line(CLI::App& app, ClientCommandLine& command_line) {
    TalkOptions& options = command_line.options;
    app.description("Sends messages to a server and prints its acknowledgements.");
    set_usage(app, {"[OPTIONS] HOST PORT", "[OPTIONS] ADDRESS"});
    app.footer(
        "On a terminal it asks for one message. Otherwise every line of standard input\n"
        "is a message. What the server refuses is told on standard error.\n"
        "On a stream it connects before it reads: even without a message it tells whether\n"
        "the server can be reached. Datagrams go out unconnected, and each may be lost.\n"
        "Exit status: 0 if every message was acknowledged, 1 if not, 2 for wrong usage.");

    app.add_option_function<std::vector<std::string>>(
           "ADDRESS",
           [&options](std::vector<std::string> const& words) {
               options.address = read_address(words);
           },
           "HOST:PORT, [IPV6]:PORT, udp:HOST:PORT, unix:PATH, unixgram:PATH; @NAME for a PATH is "
           "an abstract name")
        ->expected(1, 2)
        ->type_name("");
    auto* const keep =
        add_switch(app, "--keep", options.keep, "on a terminal, ask until the end of input");
    app.add_option_function<std::vector<std::string>>(
           "--message",
           [&options](std::vector<std::string> const& messages) {
               refuse_newlines(messages);
               options.messages = messages;
           },
           "send TEXT, and ask for nothing; may be repeated")
        ->type_name("TEXT")
        ->expected(1)
        ->allow_extra_args(false)  // what follows may be the address
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->excludes(keep);
    add_timeout(app, "--connect-timeout", options.connect_timeout,
                "to look up and reach the server; or none");
    add_timeout(app, "--ack-timeout", options.ack_timeout,
                "for the server to take a message, and to answer it; or none");
    app.add_option("--retries", options.retries,
                   "send a datagram that is not answered in that time again, so often; it may "
                   "then be displayed more than once")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(0, 1'000'000).description(""));
    add_switch(app, "--classic", command_line.classic,
               "speak as the tutorial's C client does, over TCP, UDP or a Unix stream");
    app.callback([&app, &command_line] { check(app, command_line); });
}

}  // namespace roger
