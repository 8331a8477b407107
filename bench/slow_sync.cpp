// Preloaded, it makes every fdatasync() take as long as on a slower disk:
//
//     SLOW_SYNC_US=2000 LD_PRELOAD=libslow_sync.so PROGRAM
#include <chrono>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>

extern "C" int fdatasync(int file) {
    using Sync = int (*)(int);
    static auto const sync = reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, "fdatasync"));
    static std::chrono::microseconds const least(std::atoi(std::getenv("SLOW_SYNC_US")));
    auto const end = std::chrono::steady_clock::now() + least;
    int const result = sync(file);
    std::this_thread::sleep_until(end);
    return result;
}
