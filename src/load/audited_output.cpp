// A server's records, from a file or from a stream.
#include "load/audited_output.hpp"

#include "protocol/escaped.hpp"
#include "stream/stream_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace roger {

namespace {

class AuditedFile final : public AuditedOutput {
public:
    explicit AuditedFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] std::string name() const override { return path_; }

    void for_each_message(std::function<void(std::string_view message)> const& take,
                          std::stop_token const& /*stop*/) override {
        std::ifstream file(path_, std::ios::binary);
        if (!file) {
            throw cannot_read();
        }
        for (std::string record; std::getline(file, record);) {
            take(record);
        }
        if (file.bad()) {
            throw cannot_read();
        }
    }

private:
    [[nodiscard]] std::runtime_error cannot_read() const {
        return std::runtime_error(
            fmt::format("--audit {}: {}", path_, std::generic_category().message(errno)));
    }

    std::string path_;
};

/// RFC 4648 section 4. Nothing: it is none.
std::optional<std::string> decoded_base64(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (char const c : text.substr(0, text.find('='))) {
        std::size_t const digit = digits.find(c);
        if (digit == digits.npos) {
            return std::nullopt;
        }
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes += static_cast<char>(bits >> have & 0xffU);
        }
    }
    return bytes;
}

/// Of records as JSON, which is a stream's own form, or as text.
class AuditedStream final : public AuditedOutput {
public:
    AuditedStream(StreamOptions const& options, Log const& log)
        : name_(to_string(options.address)), reader_(open_stream_reader(options, log)) {}

    [[nodiscard]] std::string name() const override { return name_; }

    void for_each_message(std::function<void(std::string_view message)> const& take,
                          std::stop_token const& stop) override {
        auto const take_block = [&take](std::string_view block) {
            while (!block.empty()) {
                std::size_t const end = block.find('\n');
                take(message_of_record(block.substr(0, end)));
                block.remove_prefix(end == block.npos ? block.size() : end + 1);
            }
        };
        reader_->read_new(take_block, stop);
    }

private:
    std::string name_;
    std::unique_ptr<StreamReader> reader_;
};

}  // namespace

bool is_stream_address(std::string_view name) {
    return name.starts_with("nats:") || name.starts_with("tls:") || name.find("://") != name.npos;
}

std::string message_of_record(std::string_view record) {
    auto const json = nlohmann::json::parse(record, nullptr, false);
    auto const text = [&json](char const* name) -> std::string const* {
        auto const member = json.find(name);
        return member != json.end() ? member->get_ptr<std::string const*>() : nullptr;
    };
    if (json.is_object()) {
        if (std::string const* const message = text("message")) {
            return *message;
        }
        std::string const* const encoded = text("message_base64");
        if (auto bytes = encoded != nullptr ? decoded_base64(*encoded) : std::nullopt) {
            return *std::move(bytes);
        }
    }
    try {
        return unescape(record);
    } catch (std::invalid_argument const&) {
        return std::string(record);
    }
}

std::unique_ptr<AuditedOutput> open_audited_output(std::string const& name,
                                                   StreamOptions credentials, Log const& log) {
    if (is_stream_address(name)) {
        credentials.address = parse_stream_address(name);
        credentials.server = "reader";
        return std::make_unique<AuditedStream>(credentials, log);
    }
    return std::make_unique<AuditedFile>(name);
}

}  // namespace roger
