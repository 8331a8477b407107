# Builds the consumer without CMake, with what pkg-config says.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

find_program(pkg_config pkg-config)
if(NOT pkg_config)
    message("skipped: pkg-config is not installed (script/bootstrap --test installs it)")
    return()
endif()
set(ENV{PKG_CONFIG_PATH} "${prefix}/${libdir}/pkgconfig")
step("pkg-config" "${pkg_config}" --cflags --libs roger)
separate_arguments(flags UNIX_COMMAND "${output}")

file(MAKE_DIRECTORY "${work}")
# With warnings that Asio's headers are not free of: what is not ours is the system's.
step("build" "${compiler}" -std=c++20 -Wall -Wextra -Wconversion -Wold-style-cast -Werror
    "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cpp" ${flags}
    -o "${work}/consumer")
step("run" "${work}/consumer")
