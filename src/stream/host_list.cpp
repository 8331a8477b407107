// The order in which NATS servers are tried.
#include "stream/host_list.hpp"

#include <algorithm>
#include <utility>

namespace roger {

namespace {

std::vector<std::string> with_new(std::vector<std::string> hosts,
                                  std::vector<std::string> const& others) {
    for (std::string const& host : others) {
        if (std::ranges::find(hosts, host) == hosts.end()) {
            hosts.push_back(host);
        }
    }
    return hosts;
}

}  // namespace

HostList::HostList(std::vector<std::string> const& given)
    : hosts_(with_new({}, given)), given_(hosts_.size()) {}

std::vector<std::string> HostList::next_first() const {
    std::vector<std::string> hosts = hosts_;
    if (auto const connected = std::ranges::find(hosts, connected_); connected != hosts.end()) {
        std::ranges::rotate(hosts, connected + 1);
    }
    return hosts;
}

bool HostList::has_other_than(std::string const& host) const {
    return std::ranges::any_of(hosts_, [&](std::string const& other) { return other != host; });
}

void HostList::learn(std::vector<std::string> const& others) {
    hosts_ = with_new(std::move(hosts_), others);
}

void HostList::relearn(std::vector<std::string> const& others) {
    if (!others.empty()) {
        hosts_.resize(given_);
        if (!connected_.empty()) {
            learn({connected_});  // it does not name itself
        }
    }
    learn(others);
}

}  // namespace roger
