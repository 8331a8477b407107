// --to and what belongs to it.
#include "server/publishing_options.hpp"

#include "program/options.hpp"
#include "protocol/quote.hpp"
#include "stream/credential_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

namespace roger {

namespace {

/// What NATS takes in a stream's name and in a subject, and what is safe wherever it is shown.
constexpr std::string_view allowed =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t most_name_bytes = 255;

/// The host's name, as a word of a subject.
std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
        return "roger";
    }
    std::string host = name.data();
    std::ranges::replace_if(host, [](char c) { return allowed.find(c) == allowed.npos; }, '-');
    return host;
}

std::string parse_name(std::string const& text) {
    if (text.empty() || text.size() > most_name_bytes ||
        text.find_first_not_of(allowed) != text.npos) {
        throw std::invalid_argument(
            fmt::format("{} is no name: letters, digits, - and _, {} of them at most", quote(text),
                        most_name_bytes));
    }
    return text;
}

void add_create_stream(CLI::App& app, StreamOptions& stream, CLI::Option* to) {
    std::string const description =
        "where no stream takes the subject, make one, with 3 replicas; --create-stream=1 makes it "
        "with 1";
    app.add_flag("--create-stream", description)
        ->each([&stream](std::string const& given) {
            if (given != "true" && given != "1" && given != "3" && given != "5") {
                throw UsageError(fmt::format(
                    "--create-stream={}: write --create-stream, or a number of replicas: 1, 3 or 5",
                    given));
            }
            stream.created_replicas = given == "true" ? 3 : given[0] - '0';
        })
        ->needs(to);
}

}  // namespace

void add_publishing(CLI::App& app, Publishing& publishing) {
    StreamOptions& stream = publishing.stream;
    stream.server = host_name();
    CLI::Option* const to = add_parsed(
                                app, "--to", stream.address,
                                [&publishing](std::string const& text) {
                                    publishing.asked = true;
                                    return parse_stream_address(text);
                                },
                                "instead of displaying, publish to a stream of NATS JetStream: "
                                "nats://[USER:PASSWORD@]HOST:PORT,HOST:PORT/SUBJECT, or tls://; an "
                                "ack then means stored")
                                ->type_name("URL");
    add_parsed(app, "--stream", stream.stream, parse_name,
               "its name, which must be that of the stream found")
        ->type_name("NAME")
        ->needs(to);
    add_create_stream(app, stream, to);
    add_parsed(app, "--server-name", stream.server, parse_name,
               "this server's part of the subject, and its name in the records: one of its own")
        ->type_name("NAME")
        ->default_str(stream.server)
        ->needs(to);
    add_timeout(app, "--publish-timeout", publishing.timeout,
                "a message that is not stored in this time is refused")
        ->needs(to);
    add_nats_credentials(app, stream, to);
}

}  // namespace roger
