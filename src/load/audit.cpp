// Counting what was written against what was acked.
#include "load/audit.hpp"

#include "load/stamp.hpp"
#include "protocol/line_ending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

namespace roger {

namespace {

constexpr std::size_t most_examples = 5;

class Auditor {
public:
    Auditor(AuditResult& result, std::uint64_t run, std::vector<AuditTrail const*> const& trails)
        : result_(result), run_(run), loops_(trails.size()) {
        for (AuditTrail const* trail : trails) {
            auto const& clients = trail->clients();
            acked_.resize(std::max(acked_.size(), clients.size()));
            for (std::size_t client = 0; client < clients.size(); ++client) {
                if (!clients[client].empty()) {
                    acked_[client] = clients[client];
                }
            }
        }
        for (auto const& messages : acked_) {
            written_.emplace_back(messages.size());
        }
    }

    /// `record`: a line of the output, without its newline.
    void read(std::string_view record) {
        auto stamped = read_stamped(record);
        if (!(stamped && stamped->intact) && record.ends_with('\r')) {
            // It may belong to the line ending: that depends on the server.
            stamped = read_stamped(without_return(record));
        }
        if (!stamped || stamped->stamp.run != run_) {
            // A record that was torn or mixed with another may still bear our mark.
            if (record.find(fmt::format("{:016x}", run_)) != record.npos) {
                damaged(record);
            }
            return;
        }
        Stamp const& stamp = stamped->stamp;
        if (!stamped->intact || stamp.client >= acked_.size() || stamp.number == 0 ||
            stamp.number > acked_[stamp.client].size()) {
            damaged(record);
            return;
        }
        ++result_.written;
        check_order(stamp);
        if (written_[stamp.client][stamp.number - 1]) {
            fault(result_.written_twice, stamp, "written twice");
        }
        written_[stamp.client][stamp.number - 1] = true;
    }

    void finish() {
        for (std::size_t client = 0; client < acked_.size(); ++client) {
            for (std::size_t i = 0; i < acked_[client].size(); ++i) {
                bool const acked = acked_[client][i];
                bool const written = written_[client][i];
                result_.acked += acked ? 1 : 0;
                result_.written_not_acked += written && !acked ? 1 : 0;
                result_.lost += !written && !acked ? 1 : 0;
                if (acked && !written) {
                    fault(result_.acked_not_written, {run_, client, 0, i + 1},
                          "acked and not written");
                }
            }
        }
    }

private:
    void check_order(Stamp const& stamp) {
        // A datagram's connection is its number in the order of all: Worker::next_number().
        bool const datagrams = result_.datagrams;
        std::uint64_t const number = datagrams ? stamp.connection : stamp.number;
        auto& last =
            last_[datagrams ? stamp.connection % loops_ : (stamp.client << 32U) | stamp.connection];
        if (number < last) {
            fault(result_.out_of_order, stamp,
                  fmt::format("written after {} {}", datagrams ? "datagram" : "message", last));
        }
        last = std::max(last, number);
    }

    void damaged(std::string_view record) {
        ++result_.damaged;
        example(fmt::format("a record of {} bytes is not as it was sent", record.size()));
    }

    void fault(std::uint64_t& count, Stamp const& stamp, std::string_view what) {
        ++count;
        example(fmt::format("client {}'s message {}: {}", stamp.client, stamp.number, what));
    }

    void example(std::string sentence) {
        if (result_.examples.size() < most_examples) {
            result_.examples.push_back(std::move(sentence));
        }
    }

    AuditResult& result_;
    std::uint64_t run_;
    std::size_t loops_;
    std::vector<std::vector<bool>> acked_;  ///< by client, by message
    std::vector<std::vector<bool>> written_;
    std::unordered_map<std::uint64_t, std::uint64_t> last_;  ///< the furthest of each sequence
};

void throw_if_interrupted(AuditedOutput const& output, std::stop_token const& stop) {
    if (stop.stop_requested()) {
        throw std::runtime_error(
            fmt::format("--audit {}: interrupted before all of it was read", output.name()));
    }
}

void read_output(AuditedOutput& output, Auditor& auditor, std::stop_token const& stop) try {
    auto const read = [&](std::string_view message) {
        throw_if_interrupted(output, stop);
        auditor.read(message);
    };
    output.for_each_message(read, stop);
} catch (std::runtime_error const&) {
    throw_if_interrupted(output, stop);
    throw;
}

}  // namespace

AuditResult audit(AuditedOutput& output, std::uint64_t run, SocketType type,
                  std::vector<AuditTrail const*> const& trails, std::stop_token const& stop) {
    AuditResult result;
    result.file = output.name();
    result.datagrams = type == SocketType::datagram;
    Auditor auditor(result, run, trails);
    read_output(output, auditor, stop);
    auditor.finish();
    return result;
}

}  // namespace roger
