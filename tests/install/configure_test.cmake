# gibbs by itself, configured without a build type, and where nothing is installed that it needs.
#   cmake -DWORK=<folder to use> -DGENERATOR=<CMake generator> -DCOMPILER=<C++ compiler> -P configure_test.cmake
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
unset(ENV{CMAKE_BUILD_TYPE})
file(REMOVE_RECURSE "${WORK}")

# configure(<build> [<option>...]): sets status and output.
function(configure build)
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${root}" -B "${WORK}/${build}" -G "${GENERATOR}"
                          "-DCMAKE_CXX_COMPILER=${COMPILER}" ${ARGN}
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(status "${status}" PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(check_output text)
  string(FIND "${output}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "CMake did not print\n${text}\nbut\n${output}")
  endif()
endfunction()

configure(no_type -DGIBBS_BUILD_TESTS=OFF -DGIBBS_BUILD_EXAMPLES=OFF -DGIBBS_BUILD_BENCH=OFF)
check_output("-- gibbs: no build type is given (CMAKE_BUILD_TYPE), and so gibbs is compiled in Release\n")
load_cache("${WORK}/no_type" READ_WITH_PREFIX cached_ CMAKE_BUILD_TYPE)
if(NOT cached_CMAKE_BUILD_TYPE STREQUAL "Release" OR NOT status EQUAL 0)
  message(FATAL_ERROR "without a build type this is no Release build, but '${cached_CMAKE_BUILD_TYPE}':\n${output}")
endif()

file(MAKE_DIRECTORY "${WORK}/nothing")
set(nowhere "-DCMAKE_FIND_ROOT_PATH=${WORK}/nothing")
foreach(kind INCLUDE LIBRARY PACKAGE)
  list(APPEND nowhere -DCMAKE_FIND_ROOT_PATH_MODE_${kind}=ONLY)
endforeach()
configure(missing ${nowhere})
if(status EQUAL 0)
  message(FATAL_ERROR "CMake found everything in an empty folder:\n${output}")
endif()
check_output("
  gibbs needs what is not here.  Debian's and Ubuntu's packages of it:

    OpenBLAS: libopenblas-dev
    TBB: libtbb-dev
    SLEEF: libsleef-dev
    Random123: librandom123-dev
    stb: libstb-dev
    xxHash: libxxhash-dev
    fmt: libfmt-dev
    nlohmann_json: nlohmann-json3-dev
    CLI11: libcli11-dev
    GTest: libgtest-dev libgmock-dev
    rapidcheck: librapidcheck-dev
")
string(CONCAT debian "    Debian, Ubuntu: apt-get install libopenblas-dev libtbb-dev libsleef-dev librandom123-dev libstb-dev "
       "libxxhash-dev libfmt-dev nlohmann-json3-dev libcli11-dev libgtest-dev libgmock-dev librapidcheck-dev\n")
check_output("${debian}")
check_output("    Arch: pacman -S openblas onetbb stb xxhash fmt nlohmann-json cli11 gtest rapidcheck (no package: ")
