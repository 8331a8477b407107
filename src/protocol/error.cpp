// The category of the library's errors.
#include "roger/error.hpp"

namespace roger {

namespace {

constexpr char const* words_of(Errc code) {
    switch (code) {
        case Errc::invalid_address:
            return "invalid address";
        case Errc::invalid_option:
            return "invalid option";
        case Errc::cannot_resolve:
            return "cannot resolve the name";
        case Errc::cannot_connect:
            return "cannot connect";
        case Errc::connect_timeout:
            return "connecting took too long";
        case Errc::write_timeout:
            return "the message was not taken in time";
        case Errc::ack_timeout:
            return "no answer in time";
        case Errc::connection_closed:
            return "the connection is closed";
        case Errc::answer_cut_off:
            return "the answer was cut off";
        case Errc::answer_too_long:
            return "the answer is too long";
        case Errc::io_error:
            return "sending or receiving failed";
        case Errc::client_closed:
            return "the client was closed";
        case Errc::cannot_listen:
            return "cannot listen";
        case Errc::too_few_descriptors:
            return "too few file descriptors";
        case Errc::no_thread:
            return "cannot start a thread";
        case Errc::handler_failed:
            return "the handler failed";
        case Errc::messages_not_written:
            return "messages were not written";
        case Errc::program_failed:
            return "the program failed";
        case Errc::server_failed:
            return "the server failed";
    }
    return "unknown error";
}

class Category final : public std::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "roger"; }
    [[nodiscard]] std::string message(int value) const override {
        return words_of(static_cast<Errc>(value));
    }
};

}  // namespace

std::error_category const& error_category() noexcept {
    static Category const category;
    return category;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

}  // namespace roger
