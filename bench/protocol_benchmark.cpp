// What a message costs before and after the system calls: framing and escaping.
#include "protocol/record.hpp"
#include "roger/line_decoder.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

constexpr std::string_view message = "message of 24 bytes, ok\n";

/// What one read brings of a client that does not wait for its acks.
std::string const& full_read() {
    static std::string const bytes = [] {
        std::string all;
        while (all.size() + message.size() <= std::size_t{64} * 1024) {
            all += message;
        }
        return all;
    }();
    return bytes;
}

void feed_lines(benchmark::State& state) {
    roger::LineDecoder lines(64 * 1024);
    for (auto _ : state) {
        roger::DecodedLines decoded;
        lines.feed(full_read(), decoded);
        benchmark::DoNotOptimize(decoded.messages.data());
    }
    state.SetItemsProcessed(state.iterations() *
                            static_cast<std::int64_t>(full_read().size() / message.size()));
}

void append_records(benchmark::State& state) {
    auto const show = static_cast<roger::Show>(state.range(0));
    std::string out;
    for (auto _ : state) {
        out.clear();
        for (int i = 0; i < 1000; ++i) {
            roger::append_record(out, show, message.substr(0, message.size() - 1),
                                 "tcp:127.0.0.1:40312", 1'700'000'000'000);
        }
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * 1000);
}

}  // namespace

BENCHMARK(feed_lines);
BENCHMARK(append_records)
    ->ArgName("show")
    ->Arg(static_cast<int>(roger::Show::text))
    ->Arg(static_cast<int>(roger::Show::raw))
    ->Arg(static_cast<int>(roger::Show::json));

BENCHMARK_MAIN();
