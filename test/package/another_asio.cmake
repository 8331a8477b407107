# A consumer that finds another Asio first is told so when it compiles.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

file(WRITE "${work}/another/asio/version.hpp" "#define ASIO_VERSION 101800\n")
configure(consumer "-DCMAKE_PREFIX_PATH=${prefix}"
    "-DCMAKE_CXX_FLAGS=-Wfatal-errors -I${work}/another")
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${work}/build" RESULT_VARIABLE status
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0 OR NOT output MATCHES "error: .*Roger is compiled with Asio [0-9.]+, and this")
    message(FATAL_ERROR "another Asio is not refused with a sentence (${status}):\n${output}")
endif()
