# Installs the build tree into an empty folder, then configures, builds and runs consumer/ against what is there.
#   cmake -DBUILD=<build tree> -DCONSUMER=<folder> -DWORK=<folder to use> -DGENERATOR=... -DCOMPILER=... -P install_test.cmake
file(REMOVE_RECURSE "${WORK}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/installed")
run("${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${WORK}/build" -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${WORK}/installed"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${WORK}/build")

execute_process(COMMAND "${WORK}/build/consumer" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
set(expected "[[1. 0.]\n [0. 1.]]\n")
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "the installed library printed\n${printed}instead of\n${expected}")
endif()

# An installed header that reaches into the source tree would work here and nowhere else.
file(GLOB_RECURSE installed "${WORK}/installed/*.cmake")
foreach(file IN LISTS installed)
  file(READ "${file}" text)
  string(FIND "${text}" "${SOURCE}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "${file} names the source tree ${SOURCE}")
  endif()
endforeach()
