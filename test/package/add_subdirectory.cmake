# A project with Roger in a folder of it.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(folder "-Droger_source=${source}" -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
build_embedded(add_subdirectory ${folder})

# The programs' targets do not clash with the project's own, which a configuration shows.
set(work "${work}/with_programs")
string(REPLACE "|" ":" prefix_path "${prefix_path}")
set(ENV{CMAKE_PREFIX_PATH} "${prefix_path}")
configure(add_subdirectory ${folder} ${found} -DROGER_BUILD_PROGRAMS=ON -DROGER_INSTALL=ON)
