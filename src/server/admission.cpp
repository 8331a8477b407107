// The limit on clients, and permits.
#include "server/admission.hpp"

#include "net/descriptors.hpp"
#include "net/while_alive.hpp"
#include "roger/error.hpp"

#include <asio/post.hpp>
#include <fmt/format.h>

#include <string>

namespace roger {

namespace {

constexpr std::size_t default_limit = 10'000;

/// Refused newcomers that linger until they have read why: each holds a descriptor of the few that
/// the limit leaves free.
constexpr std::size_t most_lingering = 8;

/// Descriptors kept free for what is neither a client nor open yet.
constexpr std::size_t spare_descriptors = 16;
static_assert(most_lingering < spare_descriptors);

std::string too_few_descriptors(std::size_t wanted, std::size_t needed, std::size_t allowed,
                                std::size_t possible) {
    auto const sentence =
        fmt::format("{} {} open files, and the system allows {}: raise that (ulimit -n {})",
                    wanted == 1 ? "1 client needs" : fmt::format("{} clients need", wanted), needed,
                    allowed, needed);
    return possible == 0 ? sentence
                         : fmt::format("{}, or choose a limit of at most {}", sentence, possible);
}

std::size_t choose_limit(ServerOptions const& options) {
    OpenFiles const files = open_files();
    std::size_t const taken = files.in_use + spare_descriptors;
    std::size_t const possible = files.most > taken ? files.most - taken : 0;
    std::size_t const wanted = options.limit.value_or(1);
    if (wanted > possible) {
        throw Error(Errc::too_few_descriptors,
                    (options.limit ? "limit: " : "") +
                        too_few_descriptors(wanted, wanted + taken, files.most, possible));
    }
    if (!options.limit && possible < default_limit) {
        options.log(LogLevel::info,
                    fmt::format("serving at most {} clients at once: the limit on open files is {}",
                                possible, files.most));
    }
    return options.limit.value_or(std::min(default_limit, possible));
}

}  // namespace

Permit::~Permit() {
    if (from_ != nullptr) {
        ++from_->free;
        if (from_->admission->awaited_.exchange(false)) {
            from_->admission->notify_later();
        }
    }
}

Admission::Admission(asio::io_context& context, ServerOptions const& options,
                     std::weak_ptr<void> server)
    : context_(context),
      server_(std::move(server)),
      limit_(choose_limit(options)),
      waits_(options.when_full == WhenFull::wait),
      clients_{this, limit_},
      refused_{this, most_lingering} {}

void Admission::notify_later() {
    asio::post(context_, while_alive(server_, [this] { notify_all(); }));
}

}  // namespace roger
