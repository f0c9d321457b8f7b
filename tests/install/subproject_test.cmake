# gibbs as a part of another project, which says nothing of how to compile: add_subdirectory/ and fetch_content/ are configured
# without a build type, and the commands that would compile them are read. gibbs must be fast, and nothing of its own may reach
# the project around it.
#
# Compiling the library takes minutes, and so it happens once: both ways must give the same commands, and add_subdirectory/
# is built, run and installed. Its objects are kept for the next run of this test; all else is configured from nothing.
#   cmake -DWORK=<folder to use> -DGENERATOR=<CMake generator> -DCOMPILER=<C++ compiler> -P subproject_test.cmake
include("${CMAKE_CURRENT_LIST_DIR}/consumer.cmake")
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
unset(ENV{CMAKE_BUILD_TYPE})

# configure(<project> <build> [<option>...]): sets output, and commands: those that compile, with the folder's name left out.
function(configure project build)
  execute_process(COMMAND "${CMAKE_COMMAND}" --fresh -S "${CMAKE_CURRENT_LIST_DIR}/${project}" -B "${WORK}/${build}"
                          -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DGIBBS=${root}" -DCMAKE_CXX_FLAGS=
                          -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ${ARGN}
                  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  file(READ "${WORK}/${build}/compile_commands.json" json)
  string(REPLACE "${WORK}/${build}" "BUILD" json "${json}")
  string(REPLACE "_deps/gibbs-build" "gibbs" json "${json}")
  string(JSON count LENGTH "${json}")
  math(EXPR last "${count} - 1")
  set(commands "")
  foreach(i RANGE ${last})
    string(JSON command GET "${json}" ${i} command)
    list(APPEND commands "${command}")
  endforeach()
  list(SORT commands)
  set(commands "${commands}" PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

# check_commands(<of gibbs or consumer> has|lacks <regex>)
function(check_commands whose verb regex)
  set(checked ${commands})
  list(FILTER checked INCLUDE REGEX "CMakeFiles/${whose}[a-z_]*\\.dir/")
  if(NOT checked)
    message(FATAL_ERROR "no command compiles ${whose}")
  endif()
  foreach(command ${checked})
    string(REGEX MATCH " ${regex} " found "${command}")
    if((verb STREQUAL "has" AND NOT found) OR (verb STREQUAL "lacks" AND found))
      message(FATAL_ERROR "${whose}: this command must be one that ${verb} ${regex}\n${command}")
    endif()
  endforeach()
endfunction()

function(check_output sentence)
  string(FIND "${output}" "${sentence}\n" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "CMake did not print\n${sentence}\nbut\n${output}")
  endif()
endfunction()

configure(fetch_content fetch_content)
set(fetched "${commands}")
configure(add_subdirectory add_subdirectory)
if(NOT commands STREQUAL fetched)
  message(FATAL_ERROR "FetchContent compiles with\n${fetched}\nand add_subdirectory with\n${commands}")
endif()
set(others ${commands})
list(FILTER others EXCLUDE REGEX "CMakeFiles/(gibbs_[a-z]+|consumer)\\.dir/")
if(others)
  message(FATAL_ERROR "only the library is compiled, in targets with gibbs in their names, and not\n${others}")
endif()
check_output("-- gibbs: no build type is given (CMAKE_BUILD_TYPE), and so gibbs is compiled in Release")
check_output("-- gibbs is compiled with -march=native")
check_commands(gibbs has "-O3 -DNDEBUG")
check_commands(gibbs has "-march=native")
check_commands(gibbs lacks "-Werror")
check_commands(consumer lacks "-(O|D|W|f|march)[^ ]*")

run("${CMAKE_COMMAND}" --build "${WORK}/add_subdirectory")
check_consumer("${WORK}/add_subdirectory/consumer")
file(REMOVE_RECURSE "${WORK}/installed")
run("${CMAKE_COMMAND}" --install "${WORK}/add_subdirectory" --prefix "${WORK}/installed")
file(GLOB_RECURSE installed RELATIVE "${WORK}/installed" "${WORK}/installed/*")
if(NOT installed STREQUAL "bin/consumer")
  message(FATAL_ERROR "the project installed ${installed} instead of bin/consumer alone")
endif()

# What the surrounding project says goes before what gibbs would choose.
configure(add_subdirectory other_options -DCMAKE_BUILD_TYPE=Debug -DCMAKE_SYSTEM_NAME=${CMAKE_HOST_SYSTEM_NAME})
check_output("-- gibbs is compiled without a -march of its own (GIBBS_NATIVE, GIBBS_ARCH)")
check_commands(gibbs has "-g")
check_commands(gibbs lacks "-(O|march)[^ ]*")
configure(add_subdirectory other_options -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS=-march=native -DGIBBS_INSTALL=ON)
check_output("-- gibbs is compiled without a -march of its own (GIBBS_NATIVE, GIBBS_ARCH)")
