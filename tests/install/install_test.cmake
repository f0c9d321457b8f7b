# Installs the build tree into an empty folder, then configures, builds and runs consumer/ against what is there.
#   cmake -DBUILD=<build tree> -DCONSUMER=<folder> -DWORK=<folder to use>
#         -DGENERATOR=<CMake generator> -DCOMPILER=<C++ compiler> -P install_test.cmake
file(REMOVE_RECURSE "${WORK}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/installed")
run("${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${WORK}/build" -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${WORK}/installed"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${WORK}/build")

execute_process(COMMAND "${WORK}/build/consumer" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
set(expected "1\n0\n0\n1\n")
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "the installed library printed\n${printed}instead of\n${expected}")
endif()
