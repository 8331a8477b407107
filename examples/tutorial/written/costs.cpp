// What a record costs: written, or written and synchronized, alone or in groups.
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

void check(bool good, char const* what) {
    if (!good) {
        throw std::system_error(errno, std::system_category(), what);
    }
}

// Microseconds for each of `count` records, if `group` of them share a write and an fdatasync.
double cost(int file, int count, int group, bool sync) {
    std::string const records(static_cast<std::size_t>(group) * 20, '.');
    auto const begin = std::chrono::steady_clock::now();
    for (int written = 0; written < count; written += group) {
        check(write(file, records.data(), records.size()) == std::ssize(records), "write");
        check(!sync || fdatasync(file) == 0, "fdatasync");
    }
    std::chrono::duration<double, std::micro> const time = std::chrono::steady_clock::now() - begin;
    return time.count() / count;
}

int main(int argc, char* argv[]) try {
    char const* const name = argc > 1 ? argv[1] : "costs.tmp";
    int const file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    check(file >= 0, name);
    std::printf("records a group, microseconds a record:\n");
    std::printf("%7d write              %9.2f\n", 1, cost(file, 10'000, 1, false));
    for (int group = 1; group <= 1000; group *= 10) {
        std::printf("%7d write, fdatasync   %9.2f\n", group, cost(file, 100 * group, group, true));
    }
    unlink(name);
} catch (std::system_error const& error) {
    std::fprintf(stderr, "costs: %s\n", error.what());
    return 1;
}
