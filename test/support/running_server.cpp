// A Server in this process, on a thread of its own.
#include "support/running_server.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace roger::test {

RunningServer::RunningServer(ServerOptions options, Handler handler)
    : result_(promise_.get_future()) {
    if (options.addresses.empty()) {
        options.addresses.push_back(parse_address("127.0.0.1:0"));
    }
    options.log = [this](LogLevel level, std::string_view sentence) {
        std::lock_guard const lock(guard_);
        logged_.emplace_back(sentence);
        if (level >= LogLevel::warning) {
            warnings_.emplace_back(sentence);
        }
    };
    server_ = std::make_unique<Server>(std::move(options), std::move(handler));
    thread_ = std::thread([this, server = server_.get()] {
        try {
            promise_.set_value(server->run());
        } catch (...) {
            promise_.set_exception(std::current_exception());
        }
    });
}

RunningServer::~RunningServer() {
    if (server_ && result_.wait_for(Duration(0)) != std::future_status::ready) {
        server_->end_now();
    }
    thread_.join();
}

std::string RunningServer::address(std::size_t number) const {
    return to_string(server_->addresses().at(number));
}

ServerResult RunningServer::result(Deadline deadline) {
    if (result_.wait_until(deadline.end()) != std::future_status::ready) {
        throw Failure(
            fmt::format("the server has not ended within {} ms", deadline.duration().count()));
    }
    return result_.get();
}

ServerResult RunningServer::stop(Deadline deadline) {
    server_->stop();
    return result(deadline);
}

std::vector<std::string> RunningServer::warnings() const {
    std::lock_guard const lock(guard_);
    return warnings_;
}

std::vector<std::string> RunningServer::logged() const {
    std::lock_guard const lock(guard_);
    return logged_;
}

}  // namespace roger::test
