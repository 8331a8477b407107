# A project that fetches Roger with git: from a repository that is made of what is here, committed
# or not, without the tests.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

find_program(git git)
if(NOT git)
    message("skipped: git is not installed")
    return()
endif()
foreach(part IN ITEMS CMakeLists.txt LICENSE cmake include src)
    file(COPY "${source}/${part}" DESTINATION "${work}/repository")
endforeach()
set(in_repository "${git}" -C "${work}/repository" -c user.name=consumer -c user.email=nobody@invalid
    -c commit.gpgSign=false)
step("git init" ${in_repository} init --quiet --initial-branch=main)
step("git add" ${in_repository} add .)
step("git commit" ${in_repository} commit --quiet -m "Roger as it is here")

build_embedded(fetch_content "-Droger_repository=file://${work}/repository")
