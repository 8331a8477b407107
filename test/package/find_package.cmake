# Builds the consumer with nothing but the prefix to go by.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

configure(consumer "-DCMAKE_PREFIX_PATH=${prefix}")
step("build" "${CMAKE_COMMAND}" --build "${work}/build")
step("run" "${work}/build/consumer")
