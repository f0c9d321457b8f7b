# Installation: headers under include/gibbs, static libraries, and the files that make find_package(gibbs) work.
include(CMakePackageConfigHelpers)
set(GIBBS_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/gibbs")

install(TARGETS gibbs EXPORT gibbsTargets)
install(FILES "${PROJECT_SOURCE_DIR}/gibbs.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/gibbs")
install(EXPORT gibbsTargets NAMESPACE gibbs:: DESTINATION "${GIBBS_CMAKE_DIR}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/gibbsConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/gibbsConfig.cmake" INSTALL_DESTINATION "${GIBBS_CMAKE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gibbsConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/gibbsConfig.cmake" "${PROJECT_BINARY_DIR}/gibbsConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindOpenBLAS.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindSLEEF.cmake"
        DESTINATION "${GIBBS_CMAKE_DIR}")
