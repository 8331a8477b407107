# The library writes to no standard stream and does not end its process: it does not even refer to
# what that would take.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

step("nm" "${nm}" -u -C "${library}")
foreach(symbol IN ITEMS std::cout std::cerr std::clog stdout stderr puts printf exit _exit abort setrlimit)
    if(output MATCHES " ${symbol}\n" AND NOT symbol IN_LIST foreign)
        message(SEND_ERROR "the library refers to ${symbol}")
    endif()
endforeach()
if(NOT output MATCHES " socket\n")
    message(SEND_ERROR "nm does not show what the library refers to:\n${output}")
endif()
