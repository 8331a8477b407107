// Random numbers that depend on nothing but what they are for: the same in every run, whatever the
// threads and the server do.
#pragma once

#include <cmath>
#include <cstdint>

namespace roger {

/// What a random number is drawn for. Numbers for different purposes are independent.
enum class Draw : std::uint8_t { arrival, size, text, think_time };

/// Above 0, and at most 1. For a client's draw number `index`, from 0. (SplitMix64: Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", 2014.)
inline double uniform(std::uint64_t seed, Draw draw, std::uint64_t client, std::uint64_t index) {
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
    auto const mix = [](std::uint64_t bits) {
        bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9;
        bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111eb;
        return bits ^ (bits >> 31U);
    };
    std::uint64_t bits = mix(seed + golden);
    bits = mix(bits + golden * (static_cast<std::uint64_t>(draw) + 1));
    bits = mix(bits + golden * (client + 1));
    bits = mix(bits + golden * (index + 1));
    constexpr int digits = 53;
    return std::ldexp(static_cast<double>((bits >> (64U - digits)) + 1), -digits);
}

}  // namespace roger
