# Installs the build tree into a fresh prefix, builds the consumer against that, runs it.
# The prefix is moved before it is used: what was installed must not know where it was.

function(step what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
        OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${what} failed (${status}):\n${output}")
    endif()
    message(STATUS "${what}: done")
endfunction()

string(REPLACE "|" ";" prefix_path "${prefix_path}")
file(REMOVE_RECURSE "${work}")

step("install" "${CMAKE_COMMAND}" --install "${build}" --prefix "${work}/first")
file(RENAME "${work}/first" "${work}/prefix")

foreach(program IN ITEMS server client)
    step("roger-${program} --version" "${work}/prefix/bin/roger-${program}" --version)
endforeach()

# A list as one argument: its semicolons must come through.
string(REPLACE ";" "\\;" search "${work}/prefix;${prefix_path}")
step("configure" "${CMAKE_COMMAND}" -S "${consumer}" -B "${work}/build" -G "${generator}"
    "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_PREFIX_PATH=${search}"
    "-DAsio_INCLUDE_DIR=${asio}" -DCMAKE_BUILD_TYPE=Release)
step("build" "${CMAKE_COMMAND}" --build "${work}/build")
step("run" "${work}/build/consumer")
