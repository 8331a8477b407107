# What `cmake --install` gives: headers, library, programs, and the package config with
# which another project says find_package(roger).

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/roger")

if(TARGET roger)
    install(TARGETS roger EXPORT rogerTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT rogerTargets NAMESPACE roger:: DESTINATION "${package_dir}")
endif()
install(DIRECTORY include/roger DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/include/roger/version.hpp"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/roger")

# In the build tree the programs have the short names; in the system's /usr/bin they do not.
foreach(program IN ITEMS server client load)
    if(TARGET ${program})
        install(PROGRAMS "$<TARGET_FILE:${program}>"
            DESTINATION "${CMAKE_INSTALL_BINDIR}" RENAME roger-${program})
    endif()
endforeach()

configure_package_config_file(cmake/rogerConfig.cmake.in
    "${PROJECT_BINARY_DIR}/rogerConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rogerConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/rogerConfig.cmake"
    "${PROJECT_BINARY_DIR}/rogerConfigVersion.cmake"
    cmake/FindAsio.cmake
    DESTINATION "${package_dir}")
