# A project with Roger in a folder of it finds the Asio that script/bootstrap has unpacked there,
# without being told of it, and before an older one of the system's.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

foreach(part IN ITEMS CMakeLists.txt cmake include src)
    file(COPY "${source}/${part}" DESTINATION "${work}/roger")
endforeach()
file(MAKE_DIRECTORY "${work}/roger/.deps/usr")
file(CREATE_LINK "${asio}" "${work}/roger/.deps/usr/include" SYMBOLIC)

configure(add_subdirectory "-Droger_source=${work}/roger" ${found}
    -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
file(STRINGS "${work}/build/CMakeCache.txt" asio_found REGEX "^Asio_INCLUDE_DIR:")
if(NOT asio_found MATCHES "/\\.deps/usr/include$")
    message(FATAL_ERROR "another Asio is found first: ${asio_found}")
endif()
