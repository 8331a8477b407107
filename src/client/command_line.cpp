// The client's command line.
#include "client/command_line.hpp"

#include "net/endpoint.hpp"
#include "program/options.hpp"

#include <string>
#include <vector>

namespace roger {

namespace {

/// One word is an address, two are HOST PORT.
Address read_address(std::vector<std::string> const& words) {
    Address address =
        words.size() == 1 ? parse_address(words[0]) : parse_address(words[0], words[1]);
    require_stream(address);
    if (address.transport == Transport::tcp && address.host.empty()) {
        throw WrongUse("a client needs the server's host: write HOST PORT, or HOST:PORT");
    }
    if (address.transport == Transport::tcp && address.port == 0) {
        throw WrongUse(
            "a client needs the port that the server listens on, from 1 to 65535, not 0");
    }
    return address;
}

void refuse_newlines(std::vector<std::string> const& messages) {
    for (std::string const& message : messages) {
        if (message.find('\n') != message.npos) {
            throw WrongUse("--message: a newline ends a message; give --message for each line");
        }
    }
}

}  // namespace

void describe_command_line(CLI::App& app, ClientOptions& options) {
    app.description("Sends messages to a server and prints its acknowledgements.");
    set_usage(app, {"[OPTIONS] HOST PORT", "[OPTIONS] ADDRESS"});
    app.footer(
        "On a terminal it asks for one message. Otherwise every line of standard input\n"
        "is a message. What the server refuses is told on standard error.\n"
        "It connects before it reads: even without a message it tells whether the server\n"
        "can be reached.\n"
        "Exit status: 0 if every message was acknowledged, 1 if not, 2 for wrong usage.");

    app.add_option_function<std::vector<std::string>>(
           "ADDRESS",
           [&options](std::vector<std::string> const& words) {
               options.address = read_address(words);
           },
           "HOST:PORT, [IPV6]:PORT, unix:PATH, unix:@NAME")
        ->required()
        ->expected(1, 2)
        ->type_name("");
    auto* const keep =
        app.add_flag("--keep", options.keep, "on a terminal, ask until the end of input");
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
}

}  // namespace roger
