// When does run() return?
#include <asio.hpp>

#include <iostream>
#include <thread>

int main() {
    asio::io_context loop;
    std::size_t const before = loop.run();
    std::cout << "without a guard: run() has returned after " << before << " handlers\n";
    loop.restart();  // or else the next run() would return at once as well

    auto guard = asio::make_work_guard(loop);
    std::jthread thread([&loop] {
        std::size_t const handlers = loop.run();
        std::cout << "with a guard: run() has returned after " << handlers << " handlers\n";
    });
    asio::post(loop, [] { std::cout << "a connection is handed over\n"; });
    asio::post(loop, [] { std::cout << "and another\n"; });
    guard.reset();  // no more will come: run() returns when nothing is left to do
}
