// Takes connections from one listening socket and gives them to event loops.
#pragma once

#include "net/listening.hpp"
#include "roger/task.hpp"
#include "server/admission.hpp"
#include "server/loop.hpp"

#include <asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace roger {

class Listener {
public:
    /// What a listener asks of its server.
    struct Callbacks {
        std::function<Loop&()> next_loop;       ///< the one that the next client goes to
        std::function<void()> client_accepted;  ///< one more is served
        std::function<void(std::string const& why)> accepting_paused;
    };

    Listener(Listening listening, Loop& first_loop, Admission& admission, Callbacks callbacks);

    /// Accepts until close(). Runs on the first loop.
    Task<void> run();

    /// Tells the clients in the listen queue that the server shuts down, and closes.
    void drain();

    void close();

private:
    struct Newcomer {
        Descriptor socket;
        PeerAddress peer;
    };

    Task<void> until_admissible();
    asio::error_code accept_ready();
    std::optional<Newcomer> accept_one(asio::error_code& error);
    void admit(Newcomer newcomer, Loop& loop, Permit permit);
    Task<void> pause(asio::error_code why);

    Listening listening_;
    Loop& first_loop_;
    Admission& admission_;
    Callbacks callbacks_;
    asio::steady_timer pause_;
    bool open_ = true;
};

}  // namespace roger
