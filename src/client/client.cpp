// A client of a stream.
#include "roger/client.hpp"

#include "client/pipeline.hpp"
#include "net/connect.hpp"
#include "net/require_option.hpp"

#include <stdexcept>
#include <utility>

namespace roger {

namespace {

void validate(ClientOptions const& options) {
    require_timeout("ClientOptions::connect_timeout", options.connect_timeout);
    require_option(options.window > 0,
                   "ClientOptions::window: 0 messages would never be sent; at least 1");
    if (auto const& reconnect = options.reconnect) {
        require_delay("ReconnectOptions::initial_delay", reconnect->initial_delay);
        require_delay("ReconnectOptions::max_delay", reconnect->max_delay);
        require_option(
            reconnect->max_delay >= reconnect->initial_delay,
            "ReconnectOptions::max_delay: it is shorter than initial_delay; make it as long");
        require_option(
            reconnect->attempts != 0,
            "ReconnectOptions::attempts: 0 are none; leave reconnect empty not to reconnect");
    }
}

}  // namespace

asio::awaitable<Client> Client::open(Address address, ClientOptions options) {
    validate(options);
    auto socket = co_await connect(address, options.connect_timeout);
    co_return Client(std::make_shared<Pipeline>(std::move(socket), std::move(address), options));
}

asio::awaitable<Client> Client::open(Address address, Timeout connect_timeout) {
    return open(std::move(address), ClientOptions{.connect_timeout = connect_timeout});
}

Client::Client(std::shared_ptr<Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}

Client::Client(Client&&) noexcept = default;

// Only for want of memory can what these two post throw.
Client& Client::operator=(Client&& other) noexcept {  // NOLINT(bugprone-exception-escape)
    std::swap(pipeline_, other.pipeline_);
    other.close_now();
    return *this;
}

Client::~Client() {  // NOLINT(bugprone-exception-escape)
    close_now();
}

asio::awaitable<Answer> Client::send(std::string_view message, Timeout ack_timeout) {
    return Pipeline::send(opened(), message, ack_timeout);
}

asio::awaitable<void> Client::close(Timeout timeout) {
    return Pipeline::close(opened(), timeout);
}

std::vector<UnacknowledgedMessage> Client::unacknowledged() const {
    return opened()->unacknowledged();
}

std::shared_ptr<Client::Pipeline> const& Client::opened() const {
    if (!pipeline_) {
        throw std::logic_error(
            "this client was never opened, or was moved from: assign what Client::open() returns");
    }
    return pipeline_;
}

void Client::close_now() {
    if (std::shared_ptr<Pipeline> const pipeline = std::exchange(pipeline_, nullptr)) {
        pipeline->close_now();
    }
}

}  // namespace roger
