# Installs the build tree into an empty folder, then configures, builds and runs consumer/ against what is there, twice:
# with the generator and compiler of the build tree and no build type, and in Release with CMake's own defaults (the
# default generator is make, where that is installed). Neither says -march, whatever the library was built with.
#   cmake -DBUILD=<build tree> -DWORK=<folder to use> -DGENERATOR=<CMake generator> -DCOMPILER=<C++ compiler>
#         -P install_test.cmake
include("${CMAKE_CURRENT_LIST_DIR}/consumer.cmake")
file(REMOVE_RECURSE "${WORK}")

function(build_and_run_consumer build)
  run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/${build}"
      "-DCMAKE_PREFIX_PATH=${WORK}/installed" ${ARGN})
  run("${CMAKE_COMMAND}" --build "${WORK}/${build}")
  check_consumer("${WORK}/${build}/consumer")
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/installed")
build_and_run_consumer(same_generator -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}")

find_program(MAKE make)
if(MAKE)
  build_and_run_consumer(defaults -DCMAKE_BUILD_TYPE=Release)
else()
  build_and_run_consumer(release -G "${GENERATOR}" -DCMAKE_BUILD_TYPE=Release)
endif()
