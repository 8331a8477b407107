// The library's server: a handle on what serves.
#include "roger/server.hpp"

#include "server/own_loops.hpp"
#include "server/server_core.hpp"
#include "server/validate.hpp"

#include <asio/co_spawn.hpp>
#include <asio/deferred.hpp>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

asio::awaitable<ServerResult> serve_on(std::shared_ptr<ServerCore> core) {
    co_return co_await asio::co_spawn(core->executor(), core->serve(), asio::deferred);
}

void begin_serving(ServerCore& core) {
    if (!core.begin()) {
        throw std::logic_error(
            "a server serves once, and this one has begun before: to serve again, make another "
            "one");
    }
}

/// What a handler waits for may still come, and needs what is kept here. That it stays reachable
/// tells leak checkers that this is intended.
void keep_for_ever(std::shared_ptr<ServerCore> core) {
    static std::mutex guard;
    static auto& kept = *new std::vector<std::shared_ptr<ServerCore>>;
    std::lock_guard const lock(guard);
    kept.push_back(std::move(core));
}

}  // namespace

Server::Server(ServerOptions options, Handler handler)
    : own_loops_(std::make_shared<OwnLoops>(valid_threads(options))),
      core_(ServerCore::create(std::move(options), std::move(handler), own_loops_->contexts(),
                               own_loops_)) {}

Server::Server(asio::io_context& context, ServerOptions options, Handler handler)
    : Server(std::vector{std::ref(context)}, std::move(options), std::move(handler)) {}

Server::Server(std::vector<std::reference_wrapper<asio::io_context>> const& contexts,
               ServerOptions options, Handler handler)
    : core_(ServerCore::create(std::move(options), std::move(handler), contexts)) {}

// What wait_for_run() throws ends the program, which is meant.
Server::~Server() {  // NOLINT(bugprone-exception-escape)
    core_->end_now();
    if (!own_loops_) {
        return;
    }
    own_loops_->wait_for_run();
    own_loops_->shutdown();
    std::weak_ptr<ServerCore> const left = core_;
    core_.reset();
    if (auto kept = left.lock()) {
        keep_for_ever(std::move(kept));
    }
}

ServerResult Server::run() {
    if (!own_loops_) {
        throw std::logic_error(
            "run() is for a server with event loops of its own: await serve() on a server that was "
            "given an io_context");
    }
    begin_serving(*core_);
    return own_loops_->run(*core_);
}

asio::awaitable<ServerResult> Server::serve() {
    if (own_loops_) {
        throw std::logic_error(
            "serve() is for a server that was given an io_context: call run() on one with event "
            "loops of its own");
    }
    begin_serving(*core_);
    return serve_on(core_);
}

void Server::stop() {
    core_->stop();
}
void Server::fail(std::string const& why) {
    core_->fail(Errc::program_failed, why);
}
void Server::end_now() {
    core_->end_now();
}
Counters Server::counters() const {
    return core_->counters();
}
std::vector<Address> const& Server::addresses() const {
    return core_->addresses();
}
std::size_t Server::limit() const {
    return core_->limit();
}

}  // namespace roger
