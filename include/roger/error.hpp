// Errors that a program can branch on: what kind of failure, and the system's error behind it.
//
//     } catch (roger::Error const& error) {
//         if (error.code() == roger::Errc::ack_timeout) ...
//         if (error.cause() == std::errc::connection_refused) ...
//     }
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace roger {

/// The kinds of failure: the values of the category `roger`. A value never changes its meaning.
enum class Errc {
    // Invalid arguments.
    invalid_address = 1,  ///< no address, or one of the other socket type
    invalid_option,       ///< an option's value is out of its range

    // Addresses and connections.
    cannot_resolve,   ///< a host name is not known, or the resolver does not work
    cannot_connect,   ///< no address of the server's took the connection
    connect_timeout,  ///< the time to connect in was over, the resolver's part included

    // A message and its answer.
    write_timeout,      ///< the server did not take the message in time
    ack_timeout,        ///< no answer in time
    connection_closed,  ///< there is no connection any more, and there was no answer
    answer_cut_off,     ///< the connection ended in the middle of the answer
    answer_too_long,    ///< longer than an answer can be
    io_error,           ///< sending or receiving failed; cause() tells
    client_closed,      ///< by its own program, before the answer came

    // A server.
    cannot_listen,        ///< on one of its addresses
    too_few_descriptors,  ///< the limit on open files is lower than what was asked for needs
    no_thread,            ///< the system does not allow another thread

    // Why a server ended: ServerResult::code.
    handler_failed,        ///< the handler threw what is no Refused
    messages_not_written,  ///< it stopped, and not all that was received was taken
    program_failed,        ///< Server::fail(), or a hook of Signals threw
    server_failed,         ///< anything else threw: a function of ServerOptions, std::bad_alloc
};

}  // namespace roger

template <>
struct std::is_error_code_enum<roger::Errc> : std::true_type {};

namespace roger {

/// The category "roger": message() is a few words without the details that Error::what() has.
[[nodiscard]] std::error_category const& error_category() noexcept;

[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

/// What constructors and functions of the library throw for a failure of theirs, AddressError and
/// ClientError included. Not derived from it are:
///
/// - what a handler throws to tell the server something, Refused and HandlerError;
/// - the caller's own cancellation, an asio::system_error with asio::error::operation_aborted, as
///   from Asio's own operations;
/// - an error of the system's that is none of these kinds, a std::system_error, where a function
///   says so;
/// - a use that no input can bring about, such as a newline in a message or a second run(), a
///   std::logic_error.
class Error : public std::runtime_error {
public:
    Error(Errc code, std::string const& sentence, std::error_code cause = {})
        : std::runtime_error(sentence), code_(code), cause_(cause) {}

    /// What kind of failure: always of error_category().
    [[nodiscard]] std::error_code code() const noexcept { return code_; }

    /// The system's error that it comes from, comparable with std::errc; without a value if there
    /// was none, as with a timeout of our own. Of several, for the addresses of one name, the last.
    [[nodiscard]] std::error_code cause() const noexcept { return cause_; }

    // what() is a sentence for the user that names the thing, the reason and, where there is one,
    // the remedy.

private:
    std::error_code code_;
    std::error_code cause_;
};

}  // namespace roger
