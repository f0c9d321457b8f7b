# OpenBLAS with its C interface, as the target OpenBLAS::OpenBLAS (the distributions' own files differ from each other).
# Homebrew keeps it in a folder of its own, since macOS has a BLAS.
set(gibbs_homebrew /opt/homebrew/opt/openblas /usr/local/opt/openblas)
find_path(OpenBLAS_INCLUDE_DIR cblas.h PATHS ${gibbs_homebrew} PATH_SUFFIXES include openblas openblas-pthread)
find_library(OpenBLAS_LIBRARY openblas PATHS ${gibbs_homebrew} PATH_SUFFIXES lib openblas-pthread)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLAS REQUIRED_VARS OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR)
if(OpenBLAS_FOUND AND NOT TARGET OpenBLAS::OpenBLAS)
  add_library(OpenBLAS::OpenBLAS UNKNOWN IMPORTED)
  set_target_properties(OpenBLAS::OpenBLAS PROPERTIES IMPORTED_LOCATION "${OpenBLAS_LIBRARY}"
                                                      INTERFACE_INCLUDE_DIRECTORIES "${OpenBLAS_INCLUDE_DIR}")
endif()
