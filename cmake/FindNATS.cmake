# Finds the NATS C client, https://github.com/nats-io/nats.c. The package's own config does not tell
# its version.
#
# Defines NATS::NATS.

find_path(NATS_INCLUDE_DIR NAMES nats/nats.h)
find_library(NATS_LIBRARY NAMES nats)
mark_as_advanced(NATS_INCLUDE_DIR NATS_LIBRARY)

set(NATS_VERSION "")
if(NATS_INCLUDE_DIR)
    file(STRINGS "${NATS_INCLUDE_DIR}/nats/version.h" _nats_line
        REGEX "^#define NATS_VERSION_STRING ")
    if(_nats_line MATCHES "\"([0-9.]+)")
        set(NATS_VERSION "${CMAKE_MATCH_1}")
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(NATS
    REQUIRED_VARS NATS_LIBRARY NATS_INCLUDE_DIR
    VERSION_VAR NATS_VERSION)

if(NATS_FOUND AND NOT TARGET NATS::NATS)
    add_library(NATS::NATS UNKNOWN IMPORTED)
    set_target_properties(NATS::NATS PROPERTIES
        IMPORTED_LOCATION "${NATS_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${NATS_INCLUDE_DIR}")
endif()
