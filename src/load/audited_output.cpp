// A server's records, from a file or from a stream.
#include "load/audited_output.hpp"

#include "stream/stream_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace roger {

namespace {

class AuditedFile final : public AuditedOutput {
public:
    explicit AuditedFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] std::string name() const override { return path_; }

    void for_each_message(std::function<void(std::string_view message)> const& take) override {
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

/// Of records as JSON, which is a stream's own form, or as text.
class AuditedStream final : public AuditedOutput {
public:
    explicit AuditedStream(StreamAddress const& address)
        : name_(to_string(address)), reader_(open_stream_reader(address)) {}

    [[nodiscard]] std::string name() const override { return name_; }

    void for_each_message(std::function<void(std::string_view message)> const& take) override {
        reader_->read_new([&take](std::string_view block) {
            while (!block.empty()) {
                std::size_t const end = block.find('\n');
                take_record(block.substr(0, end), take);
                block.remove_prefix(end == block.npos ? block.size() : end + 1);
            }
        });
    }

private:
    static void take_record(std::string_view record,
                            std::function<void(std::string_view message)> const& take) {
        auto const json = nlohmann::json::parse(record, nullptr, false);
        if (json.is_object() && json.contains("message") && json["message"].is_string()) {
            take(json["message"].get_ref<std::string const&>());
        } else {
            take(record);
        }
    }

    std::string name_;
    std::unique_ptr<StreamReader> reader_;
};

}  // namespace

bool is_stream_address(std::string_view name) {
    return name.starts_with("nats://") || name.starts_with("tls://");
}

std::unique_ptr<AuditedOutput> open_audited_output(std::string const& name) {
    if (is_stream_address(name)) {
        return std::make_unique<AuditedStream>(parse_stream_address(name));
    }
    return std::make_unique<AuditedFile>(name);
}

}  // namespace roger
