# GoogleTest: an installed one, or the sources of Debian's package googletest, unpacked (not
# installed) in the build folder.

find_package(GTest QUIET)
if(NOT GTest_FOUND)
  set(source ${CMAKE_BINARY_DIR}/googletest/usr/src/googletest)
  find_program(APT_GET apt-get)
  find_program(DPKG_DEB dpkg-deb)
  if(NOT EXISTS ${source}/CMakeLists.txt AND APT_GET AND DPKG_DEB)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/googletest)
    execute_process(COMMAND ${APT_GET} download googletest
                    WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/googletest)
    file(GLOB package ${CMAKE_BINARY_DIR}/googletest/googletest_*.deb)
    if(package)
      execute_process(COMMAND ${DPKG_DEB} -x ${package} ${CMAKE_BINARY_DIR}/googletest)
    endif()
  endif()
  if(NOT EXISTS ${source}/CMakeLists.txt)
    message(FATAL_ERROR "GoogleTest was not found: install it (Debian: libgtest-dev; conda: gtest) or "
                        "set -DGTest_DIR=")
  endif()
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK OFF)
  add_subdirectory(${source} ${CMAKE_BINARY_DIR}/googletest/build EXCLUDE_FROM_ALL SYSTEM)
endif()
