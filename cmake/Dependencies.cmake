# What Roger builds on: an installed package where there is one new enough, else the
# pinned upstream release, checked by its SHA-256. script/bootstrap installs packages.
#
# What is fetched is built as a system library: without our warnings, and not installed
# with ours. ROGER_FETCHED lists what was, or is a part of the build already.

include(FetchContent)
set(ROGER_FETCHED "")

# roger_fetch(NAME VERSION URL SHA256 [SOURCE_ONLY]): unpacks a release, and adds its build
# unless SOURCE_ONLY; <name>_SOURCE_DIR is where it is.
function(roger_fetch name version url sha256)
    cmake_parse_arguments(arg "SOURCE_ONLY" "" "" ${ARGN})
    message(STATUS "${name} is not installed, or too old "
        "(${PROJECT_SOURCE_DIR}/script/bootstrap installs it): fetching ${version}")
    string(TOLOWER "${name}" key)
    # The subfolder that is not there keeps MakeAvailable from adding the build by itself: it
    # is added below, as one of the system's.
    FetchContent_Declare(${key} URL "${url}" URL_HASH "SHA256=${sha256}"
        DOWNLOAD_EXTRACT_TIMESTAMP TRUE SOURCE_SUBDIR do-not-add)
    FetchContent_MakeAvailable(${key})
    if(NOT arg_SOURCE_ONLY)
        set(BUILD_TESTING OFF)
        set(CMAKE_UNITY_BUILD OFF)
        add_subdirectory("${${key}_SOURCE_DIR}" "${${key}_BINARY_DIR}" EXCLUDE_FROM_ALL SYSTEM)
    endif()
    set(${key}_SOURCE_DIR "${${key}_SOURCE_DIR}" PARENT_SCOPE)
    list(APPEND ROGER_FETCHED ${name})
    set(ROGER_FETCHED "${ROGER_FETCHED}" PARENT_SCOPE)
endfunction()

# --- the library ---------------------------------------------------------------------

find_package(Asio 1.36.0 QUIET MODULE)
if(NOT Asio_FOUND)
    unset(Asio_INCLUDE_DIR CACHE) # an old one must not hide a new one from the next try
    roger_fetch(Asio 1.36.0 https://github.com/chriskohlhoff/asio/archive/asio-1-36-0.tar.gz
        0310a76b27e1854f09f696b30de57dc490b5e1b17faed1eb8c9a2891f956e52b SOURCE_ONLY)
    set(Asio_INCLUDE_DIR "${asio_SOURCE_DIR}/asio/include" CACHE PATH "" FORCE)
    if(NOT EXISTS "${Asio_INCLUDE_DIR}/asio/version.hpp")
        set(Asio_INCLUDE_DIR "${asio_SOURCE_DIR}/include" CACHE PATH "" FORCE)
    endif()
    find_package(Asio 1.36.0 REQUIRED MODULE)
endif()

if(TARGET fmt) # built by the project that Roger is a part of
    list(APPEND ROGER_FETCHED fmt)
else()
    find_package(fmt 9 QUIET)
    if(NOT fmt_FOUND)
        roger_fetch(fmt 12.1.0
            https://github.com/fmtlib/fmt/releases/download/12.1.0/fmt-12.1.0.zip
            695fd197fa5aff8fc67b5f2bbc110490a875cdf7a41686ac8512fb480fa8ada7)
    endif()
endif()

# --- the programs --------------------------------------------------------------------

if(ROGER_BUILD_PROGRAMS)
    find_package(CLI11 2.1 QUIET)
    if(NOT CLI11_FOUND)
        roger_fetch(CLI11 2.6.2 https://github.com/CLIUtils/CLI11/archive/v2.6.2.tar.gz
            c6ea6b2e5608b3ea8617999bd5f47420c71b2ebdb8dc4767c1034d1da5785711)
    endif()

    find_package(nlohmann_json 3.11 QUIET)
    if(NOT nlohmann_json_FOUND)
        set(JSON_BuildTests OFF CACHE INTERNAL "")
        set(JSON_Install OFF CACHE INTERNAL "")
        roger_fetch(nlohmann_json 3.12.0
            https://github.com/nlohmann/json/archive/v3.12.0.tar.gz
            4b92eb0c06d10683f7447ce9406cb97cd4b453be18d7279320f7b2f025c10187)
    endif()

    # An installed spdlog goes with the installed fmt: where fmt was fetched, so is spdlog.
    if(NOT fmt IN_LIST ROGER_FETCHED)
        find_package(spdlog 1.10 QUIET)
    endif()
    if(NOT spdlog_FOUND)
        set(SPDLOG_FMT_EXTERNAL ON CACHE INTERNAL "")
        set(SPDLOG_INSTALL OFF CACHE INTERNAL "")
        roger_fetch(spdlog 1.17.0 https://github.com/gabime/spdlog/archive/v1.17.0.tar.gz
            d8862955c6d74e5846b3f580b1605d2428b11d97a410d86e2fb13e857cd3a744)
    endif()

    find_package(HdrHistogram 0.11 QUIET MODULE)
    if(NOT HdrHistogram_FOUND)
        unset(HdrHistogram_INCLUDE_DIR CACHE)
        unset(HdrHistogram_LIBRARY CACHE)
        set(HDR_LOG_REQUIRED DISABLED CACHE INTERNAL "")
        set(HDR_HISTOGRAM_BUILD_PROGRAMS OFF CACHE INTERNAL "")
        set(HDR_HISTOGRAM_BUILD_SHARED OFF CACHE INTERNAL "")
        set(HDR_HISTOGRAM_INSTALL_STATIC OFF CACHE INTERNAL "")
        roger_fetch(HdrHistogram 0.11.8
            https://github.com/HdrHistogram/HdrHistogram_c/archive/refs/tags/0.11.8.tar.gz
            bb95351a6a8b242dc9be1f28562761a84d4cf0a874ffc90a9b630770a6468e94)
        add_library(hdr_histogram::histogram ALIAS hdr_histogram_static)
    endif()
endif()

# The one that a program can do without: `server --to nats://...` then says so.
if(ROGER_BUILD_PROGRAMS AND ROGER_NATS)
    find_package(NATS 3.4 QUIET MODULE)
    if(NOT NATS_FOUND)
        message(STATUS "the NATS client library 3.4 or newer is not installed (Debian: libnats-dev): "
            "server --to nats://... will not work")
    endif()
endif()

# --- tests and measurements ------------------------------------------------------------

if(PROJECT_IS_TOP_LEVEL AND BUILD_TESTING)
    find_package(Catch2 3.4 QUIET)
    if(NOT Catch2_FOUND)
        roger_fetch(Catch2 3.15.3
            https://github.com/catchorg/Catch2/archive/refs/tags/v3.15.3.tar.gz
            b0299ae552918220a7a6e21e7de5b714777f4e8c883fb70c4bb23fe01df8c6e3)
        list(APPEND CMAKE_MODULE_PATH "${catch2_SOURCE_DIR}/extras")
    endif()
    include(Catch)
endif()

if(ROGER_BENCH)
    find_package(benchmark 1.7 QUIET)
    if(NOT benchmark_FOUND)
        set(BENCHMARK_ENABLE_TESTING OFF CACHE INTERNAL "")
        set(BENCHMARK_ENABLE_INSTALL OFF CACHE INTERNAL "")
        roger_fetch(benchmark 1.9.4 https://github.com/google/benchmark/archive/v1.9.4.tar.gz
            b334658edd35efcf06a99d9be21e4e93e092bd5f95074c1673d5c8705d95c104)
    endif()
endif()
