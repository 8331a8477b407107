# What `cmake --install` gives: headers, library, programs, and what another project finds them
# with: find_package(roger) or pkg-config.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/roger")
set(pkg_config_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# Asio's headers go with ours: ours show it, no two versions of it go together in one program, and
# the system's own is often too old. Its licence demands to go with them.
set(asio_dir "${CMAKE_INSTALL_INCLUDEDIR}/roger/third_party")
install(FILES "${Asio_INCLUDE_DIR}/asio.hpp" DESTINATION "${asio_dir}")
install(DIRECTORY "${Asio_INCLUDE_DIR}/asio" DESTINATION "${asio_dir}"
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
install(FILES cmake/licenses/asio-LICENSE_1_0.txt DESTINATION "${asio_dir}" RENAME LICENSE_1_0.txt)

install(DIRECTORY include/roger DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY "${PROJECT_BINARY_DIR}/include/roger" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

get_target_property(asio_definitions asio::asio INTERFACE_COMPILE_DEFINITIONS)
target_compile_definitions(roger PUBLIC "$<INSTALL_INTERFACE:${asio_definitions}>")
target_include_directories(roger PUBLIC
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>" "$<INSTALL_INTERFACE:${asio_dir}>")
install(TARGETS roger EXPORT rogerTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT rogerTargets NAMESPACE roger:: DESTINATION "${package_dir}")

if(ROGER_BUILD_PROGRAMS)
    foreach(program IN ITEMS server client load)
        install(PROGRAMS "$<TARGET_FILE:roger_${program}>"
            DESTINATION "${CMAKE_INSTALL_BINDIR}" RENAME roger-${program})
    endforeach()
endif()

# An installed fmt is one of another library file for each major version.
set(find_fmt "")
set(pkg_config_fmt "")
if(NOT fmt IN_LIST ROGER_FETCHED)
    string(REGEX MATCH "^[0-9]+" fmt_major "${fmt_VERSION}")
    math(EXPR fmt_next "${fmt_major} + 1")
    set(find_fmt "find_dependency(fmt ${fmt_major}...<${fmt_next})")
    set(pkg_config_fmt "Requires: fmt >= ${fmt_major}, fmt < ${fmt_next}")
endif()
configure_package_config_file(cmake/rogerConfig.cmake.in
    "${PROJECT_BINARY_DIR}/rogerConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rogerConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/rogerConfig.cmake"
    "${PROJECT_BINARY_DIR}/rogerConfigVersion.cmake"
    DESTINATION "${package_dir}")

# pkg-config's prefix is where the file is, so that what is installed can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${pkg_config_dir}" OUTPUT_VARIABLE prefix_from_pc)
list(TRANSFORM asio_definitions PREPEND -D OUTPUT_VARIABLE asio_flags)
list(JOIN asio_flags " " asio_flags)
configure_file(cmake/roger.pc.in "${PROJECT_BINARY_DIR}/roger.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/roger.pc" DESTINATION "${pkg_config_dir}")
