# Finds HdrHistogram_c: the histograms alone. The package's own config is left aside, since it
# asks for zlib, which only its log part uses.
#
# Defines hdr_histogram::histogram.

# .deps is where script/bootstrap unpacks it, where the system's is too old.
find_path(HdrHistogram_INCLUDE_DIR NAMES hdr/hdr_histogram.h
    HINTS "${CMAKE_CURRENT_LIST_DIR}/../.deps/usr/include")
find_library(HdrHistogram_LIBRARY NAMES libhdr_histogram_static.a hdr_histogram
    HINTS "${CMAKE_CURRENT_LIST_DIR}/../.deps/usr/lib")
mark_as_advanced(HdrHistogram_INCLUDE_DIR HdrHistogram_LIBRARY)

set(HdrHistogram_VERSION "")
if(HdrHistogram_INCLUDE_DIR)
    file(STRINGS "${HdrHistogram_INCLUDE_DIR}/hdr/hdr_histogram_version.h" _hdr_line
        REGEX "^#define HDR_HISTOGRAM_VERSION ")
    if(_hdr_line MATCHES "\"([0-9.]+)\"")
        set(HdrHistogram_VERSION "${CMAKE_MATCH_1}")
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(HdrHistogram
    REQUIRED_VARS HdrHistogram_LIBRARY HdrHistogram_INCLUDE_DIR
    VERSION_VAR HdrHistogram_VERSION)

if(HdrHistogram_FOUND AND NOT TARGET hdr_histogram::histogram)
    add_library(hdr_histogram::histogram UNKNOWN IMPORTED)
    set_target_properties(hdr_histogram::histogram PROPERTIES
        IMPORTED_LOCATION "${HdrHistogram_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${HdrHistogram_INCLUDE_DIR}"
        INTERFACE_LINK_LIBRARIES m)
endif()
