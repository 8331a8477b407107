# A project with Roger in a folder of it.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

build_embedded(add_subdirectory "-Droger_source=${source}" -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
