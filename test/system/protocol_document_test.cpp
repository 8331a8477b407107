// docs/protocol.md is true: each of its transcripts is played against the server.
#include "support/peer.hpp"
#include "support/server_process.hpp"
#include "support/suspended.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace roger::test;

namespace {

using Transcript = std::vector<std::string>;

std::vector<Transcript> read_transcripts() {
    std::vector<Transcript> transcripts;
    bool inside = false;
    for (std::string const& line : split_lines(read_file(ROGER_PROTOCOL))) {
        if (line == "```transcript") {
            transcripts.emplace_back();
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            transcripts.back().push_back(line);
        }
    }
    return transcripts;
}

/// \n, \r and \xHH as the bytes they stand for.
std::string bytes_of(std::string_view text) {
    std::string bytes;
    for (; !text.empty(); text.remove_prefix(1)) {
        if (text.front() != '\\') {
            bytes += text.front();
            continue;
        }
        text.remove_prefix(1);
        switch (text.at(0)) {
            case 'n':
                bytes += '\n';
                break;
            case 'r':
                bytes += '\r';
                break;
            case 'x':
                bytes += static_cast<char>(std::stoi(std::string(text.substr(1, 2)), nullptr, 16));
                text.remove_prefix(2);
                break;
            default:
                FAIL("an escape that the document does not explain: " << text);
        }
    }
    return bytes;
}

/// One transcript's server and clients, by the number after C and S.
class DocumentStage {
public:
    DocumentStage(std::string const& command, std::string const& where)
        : server_(start(command, where)) {}

    void play(std::string const& line) {
        INFO(line);
        if (line == "$ kill -TERM server") {
            server_.signal(SIGTERM);
            told_to_stop_ = true;
        } else if (line.ends_with(" closes its side")) {
            client(line.substr(0, line.find(' '))).half_close();
        } else if (line.ends_with(" closes")) {
            CHECK(client(line.substr(0, line.find(' '))).receive_all().empty());
        } else if (line.starts_with("displayed:")) {
            check_displayed(line.substr(std::min<std::size_t>(line.size(), 11)));
        } else {
            std::size_t const colon = line.find(": ");
            REQUIRE(colon != std::string::npos);
            say_or_hear(line.substr(0, colon), bytes_of(line.substr(colon + 2)));
        }
    }

private:
    static ServerProcess start(std::string const& command, std::string const& where) {
        REQUIRE(command.starts_with("$ server"));
        std::istringstream words(command.substr(8));
        std::vector<std::string> arguments;
        ServerSetup setup;
        for (std::string word; words >> word;) {
            if (word == ">") {
                words >> word;
                setup.out = Stdio::file(word);
            } else {
                arguments.push_back(word);
            }
        }
        arguments.insert(arguments.end(), {"--show", "raw", where});
        return ServerProcess::start(arguments, setup);
    }

    /// Connected when it is first spoken of: "C2" and "S2" are the two ends of one connection.
    Peer& client(std::string const& name) {
        std::string const number = name.substr(1);
        if (!clients_.contains(number)) {
            clients_.emplace(number, Peer::connect(server_.address()));
        }
        return clients_.at(number);
    }

    void say_or_hear(std::string const& name, std::string const& bytes) {
        if (name.starts_with('C')) {
            // One that comes finds time to say its first words, whatever the timeout.
            std::optional<Suspended> suspended;
            if (!clients_.contains(name.substr(1))) {
                suspended.emplace(server_.id());
            }
            client(name).send(bytes);
        } else {
            REQUIRE(name.starts_with('S'));
            CHECK(client(name).receive_exactly(bytes.size()) == bytes);
        }
    }

    void check_displayed(std::string const& text) {
        clients_.clear();
        CHECK((told_to_stop_ ? server_.wait_for_exit() : server_.stop()) == Exit::with(0));
        CHECK(server_.output() == bytes_of(text));
    }

    ServerProcess server_;
    std::map<std::string, Peer> clients_;
    bool told_to_stop_ = false;
};

}  // namespace

TEST_CASE("Every transcript of docs/protocol.md is what the server does", "[protocol][system]") {
    std::vector<Transcript> const transcripts = read_transcripts();
    REQUIRE(transcripts.size() >= 15);
    TempDir const dir;
    for (std::string const& where : {std::string("127.0.0.1:0"), "unix:" + (dir / "socket")}) {
        for (Transcript const& transcript : transcripts) {
            INFO(transcript.front() << " on " << where);
            DocumentStage stage(transcript.front(), where);
            for (std::size_t line = 1; line < transcript.size(); ++line) {
                stage.play(transcript[line]);
            }
        }
    }
}
