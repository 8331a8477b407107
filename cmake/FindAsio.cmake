# Finds Asio without Boost: headers only, and no package config of its own.
#
# Defines asio::asio; Asio_VERSION_NUMBER is its ASIO_VERSION.

# .deps is where script/bootstrap unpacks it, where the system's is too old.
find_path(Asio_INCLUDE_DIR NAMES asio/version.hpp
    HINTS "${CMAKE_CURRENT_LIST_DIR}/../.deps/usr/include")
mark_as_advanced(Asio_INCLUDE_DIR)

set(Asio_VERSION "")
if(Asio_INCLUDE_DIR)
    # ASIO_VERSION % 100 is the patch, / 100 % 1000 the minor, / 100000 the major version.
    file(STRINGS "${Asio_INCLUDE_DIR}/asio/version.hpp" _asio_line
        REGEX "^#define ASIO_VERSION [0-9]+")
    if(_asio_line MATCHES "ASIO_VERSION ([0-9]+)")
        math(EXPR _asio_major "${CMAKE_MATCH_1} / 100000")
        math(EXPR _asio_minor "${CMAKE_MATCH_1} / 100 % 1000")
        math(EXPR _asio_patch "${CMAKE_MATCH_1} % 100")
        set(Asio_VERSION_NUMBER ${CMAKE_MATCH_1})
        set(Asio_VERSION "${_asio_major}.${_asio_minor}.${_asio_patch}")
    endif()
endif()

find_package(Threads QUIET)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio
    REQUIRED_VARS Asio_INCLUDE_DIR Threads_FOUND
    VERSION_VAR Asio_VERSION)

if(Asio_FOUND AND NOT TARGET asio::asio)
    add_library(asio::asio INTERFACE IMPORTED)
    set_target_properties(asio::asio PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${Asio_INCLUDE_DIR}"
        INTERFACE_COMPILE_DEFINITIONS "ASIO_STANDALONE;ASIO_NO_DEPRECATED"
        INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
