# Targets of this project. Headers are written "gibbs/<folder>/<file>.h" everywhere, in the tree as after installation;
# in the build tree that path is a folder of links to the sources.
set(GIBBS_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/folders.txt")
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/folders.txt" GIBBS_FOLDERS REGEX "^folder ")
list(TRANSFORM GIBBS_FOLDERS REPLACE "^folder ([a-z]+).*" "\\1")
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/folders.txt" GIBBS_INTERNAL REGEX "^internal ")
list(TRANSFORM GIBBS_INTERNAL REPLACE "^internal " "")
list(JOIN GIBBS_INTERNAL "|" GIBBS_INTERNAL)
file(MAKE_DIRECTORY "${GIBBS_INCLUDE_DIR}/gibbs")
foreach(entry ${GIBBS_FOLDERS} gibbs.h)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${entry}" "${GIBBS_INCLUDE_DIR}/gibbs/${entry}" SYMBOLIC)
endforeach()

# What every target of the project is compiled with.
add_library(gibbs_options INTERFACE)
target_compile_features(gibbs_options INTERFACE cxx_std_20)
target_compile_options(gibbs_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       -Wno-psabi) # vectors wider than the machine's are passed within a file only
# clang takes a vector behind a reference that a template returns (simd/lanes.h) for aligned, whatever its type says. The
# option says that it is not; 8, since atomics of less become calls of a library.
target_compile_options(gibbs_options INTERFACE $<$<CXX_COMPILER_ID:Clang,AppleClang>:-fmax-type-align=8>)
# std::stable_sort of libstdc++ 12 calls what libstdc++ itself calls deprecated, and clang 17 and later say so.
target_compile_options(gibbs_options INTERFACE $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-deprecated-declarations>)
# Products and sums are fused where the code says so (fma in simd/lanes.h) and nowhere else: compilers differ in where they
# would do it by themselves, and so would results.
target_compile_options(gibbs_options INTERFACE -ffp-contract=off)
# g++ looks for memory to reuse only above 512 MB (of its own accord, 128 and what is in use): it takes a tenth less time, and
# a fifth more memory.
target_compile_options(gibbs_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=524288>)
if(GIBBS_WERROR)
  target_compile_options(gibbs_options INTERFACE -Werror)
endif()
set(gibbs_arch "${GIBBS_ARCH}")
if(GIBBS_NATIVE AND NOT GIBBS_ARCH)
  set(gibbs_arch native)
endif()
if(gibbs_arch)
  target_compile_options(gibbs_options INTERFACE -march=${gibbs_arch})
  message(STATUS "gibbs is compiled with -march=${gibbs_arch}")
else()
  message(STATUS "gibbs is compiled without a -march of its own (GIBBS_NATIVE, GIBBS_ARCH)")
endif()
if(GIBBS_SANITIZE)
  # g++ finds uninitialized memory inside std::regex when it is instrumented, and nowhere else.
  target_compile_options(gibbs_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_compile_options(gibbs_options INTERFACE -fsanitize=${GIBBS_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(gibbs_options INTERFACE -fsanitize=${GIBBS_SANITIZE})
endif()
if(GIBBS_FUZZ)
  target_compile_options(gibbs_options INTERFACE -fsanitize=fuzzer-no-link) # tells libFuzzer which code an input reaches
endif()

# gibbs_precompile(<group> <target> <headers...>): most of the time that a file takes to compile goes into headers. They are
# parsed once, for the first target of a group, whose targets have the same compiler options, and used by all of it.
# Files include what they need all the same: with CMAKE_DISABLE_PRECOMPILE_HEADERS=ON everything builds, too.
function(gibbs_precompile group target)
  get_property(first GLOBAL PROPERTY gibbs_precompiled_${group})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
    set_property(GLOBAL PROPERTY gibbs_precompiled_${group} ${target})
  endif()
endfunction()

# gibbs_together(<target>): its files are compiled in groups of about eight (a "unity build"), since what their headers declare
# and instantiate is most of the work, and much the same in each. A file's group is found from its name, and there are 1, 2, 4
# ... groups, so that a new file moves no other, or parts two. Where two files of a group have a name for themselves that is
# the same, the compiler says so: rename the newer. CMAKE_UNITY_BUILD=OFF compiles each file alone, as tools that look at files
# want it.
function(gibbs_together target)
  if(NOT DEFINED CMAKE_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    get_target_property(sources ${target} SOURCES)
    list(LENGTH sources count)
    set(groups 1)
    while(count GREATER 12)
      math(EXPR groups "${groups} * 2")
      math(EXPR count "${count} / 2")
    endwhile()
    foreach(source ${sources})
      get_filename_component(name "${source}" NAME)
      string(MD5 digest "${name}")
      string(SUBSTRING "${digest}" 0 4 digest)
      math(EXPR group "0x${digest} % ${groups}")
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "group${group}")
    endforeach()
  endif()
endfunction()

# The target gibbs is the whole library: all that the folders make, under one name or, with GIBBS_SHARED, in one file.
# Programs look for that file, lib/libgibbs.so, in the folder lib beside their own, here and wherever both are copied; and
# there the dynamic linker prefers what lies in glibc-hwcaps/<instruction set> (see scripts/portable.sh).
if(GIBBS_SHARED)
  add_library(gibbs SHARED)
  set_target_properties(gibbs PROPERTIES LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
                                         BUILD_WITH_INSTALL_RPATH ON)
  target_compile_features(gibbs PUBLIC cxx_std_20)
  target_include_directories(gibbs PUBLIC "$<BUILD_INTERFACE:${GIBBS_INCLUDE_DIR}>"
                                          "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(gibbs PRIVATE gibbs_options)
  # A program has copies of the inline functions that it calls, compiled for any CPU. Without this option they would take the
  # place of the library's own, compiled for a better one. It concerns functions only: of each variable there is still one.
  # macOS' linker does so by itself.
  if(NOT APPLE)
    target_link_options(gibbs PRIVATE -Wl,-Bsymbolic-functions)
  endif()
  set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
  set(CMAKE_INSTALL_RPATH "$<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>/../lib")
else()
  add_library(gibbs INTERFACE)
endif()
add_library(gibbs::gibbs ALIAS gibbs)

# gibbs_library(<folder> [NO_LOOPS] PUBLIC <targets...> PRIVATE <targets...>): this folder's part of the library,
# gibbs_<folder>. What is built on it links gibbs::<folder>, which is the part or, with GIBBS_SHARED, the whole. NO_LOOPS: the
# folder calls kernels and has no long loops of its own, so that -O1 is as fast as -O3, and compiles a third faster.
function(gibbs_library folder)
  cmake_parse_arguments(ARG "NO_LOOPS" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(target gibbs_${folder})
  if(GIBBS_SHARED)
    add_library(${target} OBJECT ${sources})
    add_library(gibbs::${folder} ALIAS gibbs)
    target_link_libraries(gibbs PRIVATE ${target})
  else()
    add_library(${target} STATIC ${sources})
    add_library(gibbs::${folder} ALIAS ${target})
    target_link_libraries(gibbs INTERFACE ${target})
    if(GIBBS_INSTALL)
      install(TARGETS ${target} EXPORT gibbsTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    endif()
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${folder} POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${GIBBS_INCLUDE_DIR}>"
                                              "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} "$<BUILD_INTERFACE:gibbs_options>")
  if(ARG_NO_LOOPS)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(NOT folder STREQUAL "tensor") # whose files are long loops, and not headers
    gibbs_together(${target})
  endif()
  set(group library)
  set(headers <algorithm> <cmath> <filesystem> <functional> <memory> <sstream> <string> <vector> <fmt/format.h>)
  if(folder STREQUAL "tensor") # alone in linking oneTBB, which adds a definition in debug builds
    set(group tensor)
  elseif(ARG_NO_LOOPS)
    set(group without_loops)
    list(APPEND headers <gibbs/autograd/variable.h>)
  else()
    list(APPEND headers <gibbs/tensor/tensor.h>)
  endif()
  gibbs_precompile(${group} ${target} ${headers})
  if(GIBBS_INSTALL)
    install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/gibbs/${folder}"
            FILES_MATCHING PATTERN "*.h" REGEX "/(${GIBBS_INTERNAL})$" EXCLUDE)
  endif()
endfunction()
