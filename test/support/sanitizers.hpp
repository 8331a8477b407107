// What sanitizers, where this was compiled with them, change for a test.
#pragma once

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

namespace roger::test {

/// UBSan comes with it.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
inline constexpr bool has_asan = true;
#else
inline constexpr bool has_asan = false;
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
inline constexpr bool has_tsan = true;
#else
inline constexpr bool has_tsan = false;
#endif

/// The program under test and the test itself run several times slower.
inline constexpr bool sanitized = has_asan || has_tsan;

/// Skips a test that leaves its process or the program under test without descriptors. UBSan tells
/// whether an object is what it should be by writing its memory to a pipe: without descriptors it
/// takes every object for a broken one, and ends the program.
void need_scarce_descriptors();

}  // namespace roger::test
