# What a build is when nobody says: Release, and for this machine's CPU, by itself as within another project. Without -march
# alone a training step takes three times as long.

# A surrounding project without a build type stays without: this variable ends with gibbs' own folder.
get_property(gibbs_many_types GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT CMAKE_BUILD_TYPE AND NOT gibbs_many_types)
  message(STATUS "gibbs: no build type is given (CMAKE_BUILD_TYPE), and so gibbs is compiled in Release")
  if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  else()
    set(CMAKE_BUILD_TYPE Release)
  endif()
endif()

# What is compiled for another machine, by a tool chain or by flags that name a CPU, is not for this one.
get_directory_property(gibbs_outer_options COMPILE_OPTIONS)
if(CMAKE_CROSSCOMPILING OR "${CMAKE_CXX_FLAGS} ${gibbs_outer_options}" MATCHES "-m(arch|cpu)=")
  set(GIBBS_NATIVE_DEFAULT OFF)
else()
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native GIBBS_NATIVE_DEFAULT)
endif()
