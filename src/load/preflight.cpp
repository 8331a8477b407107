// Open files, ports, the listen queue, processors.
#include "load/preflight.hpp"

#include "load/plan.hpp"
#include "load/run_delay.hpp"
#include "net/clock.hpp"
#include "net/descriptors.hpp"
#include "program/open_file_limit.hpp"
#include "program/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <thread>

#include <sys/socket.h>

namespace roger {

namespace {

using Warn = std::function<void(std::string const&)>;

/// Loops, timers, files of our own.
constexpr std::size_t files_besides = 32;
constexpr std::size_t files_per_thread = 6;

/// For an event loop. With more, each is listened to for longer, and is colder when it is used
/// again.
constexpr std::size_t most_resting = 4096;
constexpr std::size_t least_resting = 64;

std::size_t misbehaving_clients(LoadSettings const& settings) {
    std::size_t sum = 0;
    for (auto const& [kind, count] : settings.misbehaving) {
        sum += count;
    }
    return sum;
}

std::size_t connections(LoadSettings const& settings) {
    return settings.clients + misbehaving_clients(settings);
}

void check_open_files(LoadSettings const& settings, Target& target) {
    raise_open_file_limit();
    auto const [most, in_use] = open_files();
    std::size_t const needed =
        connections(settings) + in_use + files_besides +
        (files_per_thread + (settings.datagrams() ? 2 * least_resting : 0)) * settings.threads;
    if (needed > most) {
        throw CannotRun(fmt::format(
            "{} clients need about {} open files, and this process may have {}: raise the limit "
            "(ulimit -n {}), ask for fewer --clients, or run on several machines and join their "
            "reports (load merge)",
            connections(settings), needed, most, needed));
    }
    if (settings.datagrams()) {
        // Half of them after an answer, half after a timeout.
        target.most_resting = std::min(most_resting, (most - needed) / 2 / settings.threads);
    }
}

/// How many ports of one of our addresses can be connected to one port of the server: ip(7).
std::size_t ephemeral_ports() {
    std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
    std::size_t first = 32768;
    std::size_t last = 60999;
    file >> first >> last;
    return last - first + 1;
}

/// How many of our ports a test takes: one for each connection, and one for each that was closed
/// since, for as long as it stays in TIME_WAIT. How many those of a closed loop are nobody knows.
std::size_t ports_needed(LoadSettings const& settings) {
    constexpr double time_wait_s = 60;  // tcp(7)
    std::size_t const open = connections(settings);
    if (settings.per_connection == 0 || !settings.rate) {
        return open;
    }
    auto const length = planned_length(settings);
    double const duration_s =
        length ? to_seconds(*length + settings.warmup.value_or(std::chrono::milliseconds(0)))
               : time_wait_s;
    double const closed_per_s =
        settings.rate->mean() / static_cast<double>(settings.per_connection);
    return open + static_cast<std::size_t>(closed_per_s * std::min(duration_s, time_wait_s));
}

/// An address that is not ours cannot be connected from, nor one of another family.
void check_sources(Target const& target) {
    for (std::size_t number = 0; number < target.sources.count(); ++number) {
        auto const source = target.sources.of(number);
        auto const is_of_its_family = [&source](Endpoint const& server) {
            return server.data()->sa_family == source->data()->sa_family;
        };
        if (source && std::ranges::none_of(target.endpoints, is_of_its_family)) {
            throw std::invalid_argument(
                fmt::format("--source: from {} nobody can connect to {}: give an IPv4 address to "
                            "connect to one, and an IPv6 address to connect to one",
                            to_address(*source).host, to_address(target.endpoints.front()).host));
        }
        Descriptor const socket = open_client_socket(target.type, target.endpoints.front(), source);
        int const error = errno;
        if (!socket && source && error == EADDRNOTAVAIL) {
            throw CannotRun(
                fmt::format("--source: {} is no address of this host", to_address(*source).host));
        }
    }
}

void check_ports(LoadSettings const& settings, Target& target) {
    if (!target.is_internet()) {
        return;
    }
    std::size_t const ports = ephemeral_ports();
    std::size_t const wanted = ports_needed(settings);
    bool const ipv4 = target.endpoints.front().data()->sa_family == AF_INET;
    if (!settings.sources && target.is_loopback() && ipv4) {
        constexpr std::size_t least_spread = 64;
        std::size_t const needed =
            std::max(settings.per_connection != 0 ? least_spread : 1, wanted / (ports / 2) + 1);
        if (needed > 1) {
            auto const first = asio::ip::make_address_v4("127.0.0.1").to_uint();
            target.sources =
                Sources(asio::ip::address_v4(first),
                        asio::ip::address_v4(
                            static_cast<asio::ip::address_v4::uint_type>(first + needed - 1)));
        }
    }
    std::size_t const available = ports * target.sources.count();
    if (wanted > available) {
        bool const one = target.sources.count() == 1;
        throw CannotRun(fmt::format(
            "{} need{} {} ports{}, and {} of ours {} {}: connect from {} addresses of this host "
            "(--source FIRST-LAST), or widen net.ipv4.ip_local_port_range",
            count_text(connections(settings), "client"), connections(settings) == 1 ? "s" : "",
            wanted,
            wanted == connections(settings)
                ? ""
                : ", since a closed connection keeps its port for a minute",
            one ? "one address" : count_text(target.sources.count()) + " addresses",
            one ? "has" : "have", available, wanted / ports + 1));
    }
    // Half of what is left is for others.
    target.most_resting =
        std::min(target.most_resting, (available - connections(settings)) / 4 / settings.threads);
}

void warn_of_listen_queue(LoadSettings const& settings, Target const& target, Warn const& warn) {
    std::ifstream file("/proc/sys/net/core/somaxconn");
    std::size_t most = 0;
    if (!settings.datagrams() && target.is_loopback() && file >> most &&
        settings.ramp == Timeout(std::chrono::milliseconds(0)) && connections(settings) > most) {
        warn(fmt::format(
            "{} clients are more than a listen queue here holds (net.core.somaxconn is {}): if "
            "connections fail, spread them over time (--ramp 5s)",
            connections(settings), most));
    }
}

void warn_of_processors(LoadSettings const& settings, Warn const& warn) {
    std::size_t const processors = std::max(1U, std::thread::hardware_concurrency());
    if (settings.threads > processors) {
        warn(fmt::format("{} threads on {} wait for each other: use --threads {} or fewer",
                         settings.threads, count_text(processors, "processor"), processors));
    }
}

void warn_of_unknown_waits(Warn const& warn) {
    if (::access(RunDelay::file, R_OK) != 0) {
        warn(fmt::format(
            "{} cannot be read: how long event loops wait for a processor stays unknown, and on a "
            "busy machine counts as the server's time",
            RunDelay::file));
    }
}

}  // namespace

void prepare(LoadSettings const& settings, Target& target, Warn const& warn) {
    check_open_files(settings, target);
    check_ports(settings, target);
    check_sources(target);
    warn_of_listen_queue(settings, target, warn);
    warn_of_processors(settings, warn);
    warn_of_unknown_waits(warn);
}

}  // namespace roger
