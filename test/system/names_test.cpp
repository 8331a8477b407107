// Names: what a server binds of one that stands for several addresses, and localhost everywhere.
#include "support/failing_calls.hpp"
#include "support/hosts.hpp"
#include "support/load_process.hpp"
#include "support/network.hpp"
#include "support/peer.hpp"
#include "support/reserved_port.hpp"
#include "support/sanitizers.hpp"
#include "support/server_process.hpp"
#include "support/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace roger::test;

namespace {

// For documentation alone: RFC 5737.
std::string const nobodys = "198.51.100.77";
std::string const nobodys_too = "203.0.113.77";

/// Programs that find these names, and no name server.
class NamesPlace {
public:
    explicit NamesPlace(std::string const& hosts) {
        need_hosts();
        write_file(directory_ / "hosts", hosts);
    }

    /// From here on in a network without IPv6, or without the name servers of this machine.
    Network& own_network() {
        need_network();
        return network_.emplace();
    }

    [[nodiscard]] Launch inside(Launch launch) const {
        launch.environment.emplace_back("RES_OPTIONS", "timeout:1 attempts:1");
        launch = with_hosts(std::move(launch), directory_ / "hosts");
        return network_ ? network_->inside(launch) : launch;
    }

    [[nodiscard]] Launch server(std::vector<std::string> const& arguments) const {
        auto launch = inside(server_launch(arguments));
        launch.out = Stdio::file(output_path());
        return launch;
    }

    [[nodiscard]] std::string output_path() const { return directory_ / "output"; }
    [[nodiscard]] std::string output() const { return read_file(output_path()); }

private:
    TempDir directory_;
    std::optional<Network> network_;
};

std::string without_date(std::string const& line) {
    return line.substr(line.find(' ') + 1);
}

void check_talk(NamesPlace const& place, std::string const& address) {
    CAPTURE(address);
    auto const before = place.output();
    auto const client = run(place.inside(client_launch({address})), "hello\n");
    CHECK(client.out == "I got your message\n");
    CHECK(client.err.empty());
    CHECK(client.exit == Exit::with(0));
    CHECK(place.output() == before + "hello\n");
}

}  // namespace

TEST_CASE("A server binds what this host has of a name, and tells what it has not",
          "[names][system]") {
    NamesPlace const place(nobodys + " two.test\n127.0.0.1 two.test\n");
    std::string const kind = GENERATE("", "udp:");
    std::string const prefix = kind.empty() ? "tcp:" : kind;
    Process server(place.server({kind + "two.test:0"}));
    auto const told = without_date(server.err().read_line());
    CHECK(told.starts_with("info: left out " + prefix + nobodys + ':'));
    CHECK(told.ends_with(": Cannot assign requested address"));
    auto const address = announced(server);
    CHECK(address == prefix + "127.0.0.1:" + port_text(address));
    check_talk(place, address);
    CHECK(server.terminate() == Exit::with(0));
}

TEST_CASE("A server without a descriptor to look a name up with does not call it unknown",
          "[names][system]") {
    need_scarce_descriptors();
    NamesPlace const place("127.0.0.1 one.test\n");
    int failed = 0;
    for (rlim_t files = 6; files != 60; ++files) {
        auto launch = place.server({"one.test:0"});
        launch.open_files = files;
        Process server(launch);
        auto line = server.err().read_line();
        if (line.starts_with("server: ")) {
            CAPTURE(files);
            CHECK(line.find("raise") != std::string::npos);
            CHECK(line.find("(ulimit -n") != std::string::npos);
            CHECK(server.wait_for_exit() == Exit::with(1));
            ++failed;
        } else {
            while (!line.starts_with("listening on ")) {
                line = server.err().read_line();
            }
            CHECK(server.terminate() == Exit::with(0));
            break;
        }
    }
    CHECK(failed > 3);
}

TEST_CASE("A server that can bind nothing of a name says why of each", "[names][system]") {
    NamesPlace const place(nobodys + " two.test\n" + nobodys_too + " two.test\n");
    auto const refused = run(place.server({"two.test:51717"}));
    CHECK(refused.exit == Exit::with(1));
    auto const reason = [](std::string const& host) {
        return "tcp:" + host + ":51717: Cannot assign requested address";
    };
    std::string const sentence = "server: cannot listen on tcp:two.test:51717: ";
    std::string const remedy =
        "; choose an address that this host has, or a port alone for all of them\n";
    // The system sorts a name's addresses.
    bool const either =
        refused.err == sentence + reason(nobodys) + "; " + reason(nobodys_too) + remedy ||
        refused.err == sentence + reason(nobodys_too) + "; " + reason(nobodys) + remedy;
    CAPTURE(refused.err);
    CHECK(either);
}

TEST_CASE("A name's address that is taken keeps the server from starting", "[names][system]") {
    NamesPlace const place("127.0.0.1 two.test\n127.0.0.2 two.test\n");
    ReservedPort const reserved;  // nobody else listens there at 127.0.0.1
    RefusingAddress const taken("127.0.0.2", reserved.number());
    auto const port = port_text(taken.address());
    auto const refused = run(place.server({"two.test:" + port}));
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err == "server: cannot listen on tcp:two.test:" + port +
                             ": tcp:127.0.0.2:" + port +
                             ": Address already in use; choose another port, or 0 for any free "
                             "one\n");
}

TEST_CASE("A server starts at localhost where the hosts file lists ::1 and there is no IPv6",
          "[names][system]") {
    NamesPlace place("::1 localhost\n127.0.0.1 localhost\n");
    if (!place.own_network().switch_off_ipv6()) {
        SKIP("IPv6 cannot be switched off here");
    }
    std::string const kind = GENERATE("", "udp:");
    std::string const prefix = kind.empty() ? "tcp:" : kind;
    Process server(place.server({kind + "localhost:51717"}));
    CHECK(without_date(server.err().read_line()) ==
          "info: left out " + prefix + "[::1]:51717: Cannot assign requested address");
    CHECK(announced(server) == prefix + "127.0.0.1:51717");
    check_talk(place, kind + "localhost:51717");
    CHECK(server.terminate() == Exit::with(0));
}

TEST_CASE("A server starts at localhost where the system was built without IPv6",
          "[names][system]") {
    NamesPlace const place("::1 localhost\n127.0.0.1 localhost\n");
    FailingCalls calls;
    calls.fail(Call::socket, EAFNOSUPPORT, every_time, AF_INET6);
    std::string const kind = GENERATE("", "udp:");
    std::string const prefix = kind.empty() ? "tcp:" : kind;
    Launch launch = place.server({kind + "localhost:0"});
    calls.preload(launch);
    Process server(launch);
    CHECK(without_date(server.err().read_line()) ==
          "info: left out " + prefix + "[::1]:0: Address family not supported by protocol");
    check_talk(place, announced(server));
    CHECK(server.terminate() == Exit::with(0));
    CHECK(calls.failures(Call::socket) == 1);
}

TEST_CASE("All addresses of a name get one port from the system", "[names][system]") {
    NamesPlace const place("127.0.0.1 three.test\n127.0.0.2 three.test\n127.0.0.3 three.test\n");
    std::string const kind = GENERATE("", "udp:");
    Process server(place.server({kind + "three.test:0"}));
    auto const first = announced(server);
    CHECK(port_of(first) != 0);
    CHECK(port_of(announced(server)) == port_of(first));
    auto const last = announced(server);
    CHECK(port_of(last) == port_of(first));
    CHECK(first != last);
    check_talk(place, first);
    check_talk(place, last);
}

TEST_CASE("localhost has one port over IPv4 and IPv6", "[names][system]") {
    if (!has_ipv6()) {
        SKIP("this machine has no ::1");
    }
    NamesPlace const place("127.0.0.1 localhost\n::1 localhost\n");
    Process server(place.server({"localhost:0"}));
    auto const first = announced(server);
    auto const second = announced(server);
    CHECK(port_of(first) == port_of(second));
    CHECK(first != second);
    check_talk(place, first);
    check_talk(place, second);
}

TEST_CASE("A port that is taken at another address of the name is not the name's",
          "[names][system]") {
    NamesPlace place("127.0.0.1 two.test\n127.0.0.2 two.test\n");
    need_ports(place.own_network(), 40000, 40001);
    std::string const kind = GENERATE("", "udp:");
    // Whichever of the two is chosen first, one of these servers has to try the other one as well.
    Process holder(place.server({kind + "127.0.0.2:0"}));
    std::string const taken = announced(holder);
    Process server(place.server({kind + "two.test:0"}));
    auto const first = announced(server);
    CHECK(port_of(first) == (port_of(taken) == 40000 ? 40001 : 40000));
    CHECK(port_of(announced(server)) == port_of(first));

    auto const refused = run(place.server({kind + "two.test:0"}));
    CHECK(refused.exit == Exit::with(1));
    CHECK(refused.err.find("Address already in use") != std::string::npos);
}

TEST_CASE("localhost is this host also where nobody knows it", "[names][system]") {
    NamesPlace place(nobodys + " somebody.test\n");
    place.own_network();
    auto const* const name = GENERATE("localhost", "roger.localhost", "LocalHost.");
    CAPTURE(name);
    std::string const address = std::string(name) + ":51717";
    Process server(place.server({"--show", "raw", address}));
    CHECK(server.err().read_line() == "listening on tcp:127.0.0.1:51717");
    if (has_ipv6()) {
        CHECK(server.err().read_line() == "listening on tcp:[::1]:51717");
    }
    check_talk(place, address);

    auto const load = run(place.inside(
        load_launch({"--clients", "1", "--messages", "1", "--message", "from load", address})));
    CAPTURE(load.err);
    CHECK(load.out.find("planned 1 = acked 1") != std::string::npos);
    CHECK(place.output() == "hello\nfrom load\n");
}

TEST_CASE("No other name is this host", "[names][system]") {
    NamesPlace place(nobodys + " somebody.test\n");
    place.own_network();
    for (std::string const name : {"notlocalhost", "localhost.test", "localhost.."}) {
        CAPTURE(name);
        auto const client = run(place.inside(client_launch({name, "51717"})), "x\n");
        CHECK(client.exit == Exit::with(1));
        CHECK(client.err.find(name) != std::string::npos);
    }
}

TEST_CASE("Where no thread can be started, a name is a sentence and a number is reached",
          "[names][system]") {
    // Processes are counted by user, and not root's.
    auto const limited = [](std::vector<std::string> arguments) {
        auto const client = client_launch({});
        arguments.insert(arguments.begin(), {"--nproc=1", client.program, "--message", "x"});
        Launch launch{.program = "/usr/bin/prlimit", .arguments = std::move(arguments)};
        if (::geteuid() == 0) {
            launch.user = 65534;
        }
        return launch;
    };
    if (run(limited({"--version"})).exit != Exit::with(0)) {
        SKIP(
            "needs util-linux's prlimit, an unprivileged user that can reach the programs, and no "
            "leak checker in them, which starts a thread itself");
    }
    auto server = ServerProcess::start({"127.0.0.1:0"});
    auto const port = port_text(server.address());
    auto const named = run(limited({"localhost", port}));
    CHECK(named.exit == Exit::with(1));
    CHECK(named.err == "client: connecting to tcp:localhost:" + port +
                           ": the resolver cannot be asked: Resource temporarily unavailable; "
                           "raise the limit on processes (ulimit -u), or give the host's number "
                           "instead of its name\n");
    auto const numbered = run(limited({"127.0.0.1", port}));
    CHECK(numbered.exit == Exit::with(0));
    CHECK(numbered.out == "I got your message\n");
}
