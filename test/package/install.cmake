# Installs the build tree into a fresh prefix, and moves that: what was installed must not know
# where it was.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

step("install" "${CMAKE_COMMAND}" --install "${build}" --prefix "${work}/first")
file(RENAME "${work}/first" "${prefix}")

foreach(program IN ITEMS server client load)
    step("roger-${program} --version" "${prefix}/bin/roger-${program}" --version)
endforeach()
