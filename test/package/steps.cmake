# What the scripts beside this one share.
cmake_minimum_required(VERSION 3.25)

# step(WHAT COMMAND...): runs it. If it fails, so does the test, with what it printed; `output` has
# that otherwise.
function(step what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
        OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${what} failed (${status}):\n${output}")
    endif()
    message(STATUS "${what}: done")
    set(output "${output}" PARENT_SCOPE)
endfunction()

# configure(PROJECT [OPTION]...): into ${work}/build; unoptimized, since that is quick to build.
function(configure project)
    step("configure" "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${project}"
        -B "${work}/build" -G "${generator}" "-DCMAKE_CXX_COMPILER=${compiler}" ${ARGN})
    set(output "${output}" PARENT_SCOPE)
endfunction()

# build_embedded(PROJECT [OPTION]...): a project that has Roger's source in it, with what the library
# alone needs, and with whatever else might be on this system switched off. Checks that nothing of
# Roger's stands in the project's own way.
function(build_embedded project)
    set(options ${found} -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0)
    foreach(package IN ITEMS CLI11 spdlog nlohmann_json HdrHistogram Catch2 benchmark)
        list(APPEND options -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
    endforeach()
    configure(${project} ${options} ${ARGN})
    if(output MATCHES "fetching")
        message(FATAL_ERROR "more is fetched than the library needs:\n${output}")
    endif()
    step("build" "${CMAKE_COMMAND}" --build "${work}/build")

    step("run" ctest --test-dir "${work}/build" --output-on-failure)
    if(NOT output MATCHES "0 tests failed out of 1\n")
        message(FATAL_ERROR "its own test is not the only one:\n${output}")
    endif()

    step("install" "${CMAKE_COMMAND}" --install "${work}/build" --prefix "${work}/prefix")
    file(GLOB_RECURSE installed RELATIVE "${work}/prefix" "${work}/prefix/*")
    if(NOT installed STREQUAL "bin/server")
        message(FATAL_ERROR "more is installed than the project's own: ${installed}")
    endif()
endfunction()

string(REPLACE "|" ";" found "${found}")
file(REMOVE_RECURSE "${work}")
