# Installs the build tree into an empty folder, then configures, builds and runs consumer/ against what is there, twice:
# with the generator and compiler of the build tree and no build type, and in Release with CMake's own defaults (the
# default generator is make, where that is installed). Neither says -march, whatever the library was built with.
#   cmake -DBUILD=<build tree> -DCONSUMER=<folder> -DWORK=<folder to use>
#         -DGENERATOR=<CMake generator> -DCOMPILER=<C++ compiler> -P install_test.cmake
file(REMOVE_RECURSE "${WORK}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(build_and_run_consumer build)
  run("${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${WORK}/${build}" "-DCMAKE_PREFIX_PATH=${WORK}/installed" ${ARGN})
  run("${CMAKE_COMMAND}" --build "${WORK}/${build}")
  execute_process(COMMAND "${WORK}/${build}/consumer" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
  string(CONCAT expected
    "d(x^2) at 3: [6.]\n"
    "leaky_relu: passed\n"
    "DepthwiseConv2d(3, kernel 3x2) on [2, 5, 6, 3]: passed\n"
    "XOR loss: 0.00, accuracy: 1.00\n")
  if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "the consumer in ${build} printed\n${printed}instead of\n${expected}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/installed")
build_and_run_consumer(same_generator -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}")

find_program(MAKE make)
if(MAKE)
  build_and_run_consumer(defaults -DCMAKE_BUILD_TYPE=Release)
else()
  build_and_run_consumer(release -G "${GENERATOR}" -DCMAKE_BUILD_TYPE=Release)
endif()
