# roger_warnings(TARGET): the warnings of every target of ours and of nobody else's.
function(roger_warnings target)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    # In a unity build GCC takes each source for a header, and a coroutine's frame for a type of it.
    # Where it inlines one of a coroutine frame's operators new and delete, and not the other, it takes
    # them for mismatched: GCC 12 with -O1 and TSan, GCC 16 with -O2. ASan would tell of any that are.
    target_compile_options(${target} PRIVATE
        "$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage;-Wno-mismatched-new-delete>")
    set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ${ROGER_WERROR})
endfunction()

# roger_own_target(TARGET): these, and whatever sanitizers or counters the preset asks for.
function(roger_own_target target)
    roger_warnings(${target})

    set(instruments "")
    if(ROGER_SANITIZE)
        list(APPEND instruments "-fsanitize=${ROGER_SANITIZE}" -fno-omit-frame-pointer)
        if(ROGER_SANITIZE MATCHES "undefined")
            list(APPEND instruments -fno-sanitize-recover=all)
        endif()
    endif()
    # GCC's TSan does not model fences, and says so; Asio has one beside each of its locks.
    if(ROGER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        list(APPEND instruments -Wno-tsan)
    endif()
    if(ROGER_COVERAGE)
        list(APPEND instruments --coverage)
    endif()
    if(ROGER_FUZZ)
        list(APPEND instruments -fsanitize=fuzzer-no-link)
    endif()
    target_compile_options(${target} PRIVATE ${instruments})
    target_link_options(${target} PRIVATE ${instruments})
    # ASan describes each global by pointers, a million of them in the tests. Where a program's place
    # is not fixed, each start relocates them all, which takes longer than most tests.
    if(ROGER_SANITIZE MATCHES "address")
        target_link_options(${target} PRIVATE
            $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
    endif()
endfunction()

# roger_compile_quickly(TARGET): for what runs once, not with each message.
function(roger_compile_quickly target)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()
