# GoogleTest: an installed one, or its sources in the build folder: those of Debian's package googletest,
# unpacked, not installed, or else those of its release.

# Download and unpack Debian's package; apt has lists of its own here, so that it needs neither root nor
# the machine's lists, which a bare Debian lacks.
function(natrolite_unpack_googletest folder)
  find_program(APT_GET apt-get)
  find_program(DPKG_DEB dpkg-deb)
  if(NOT APT_GET OR NOT DPKG_DEB)
    return()
  endif()
  file(MAKE_DIRECTORY ${folder}/lists/partial ${folder}/cache/archives/partial)
  set(apt ${APT_GET} -qq -o Dir::State::Lists=${folder}/lists -o Dir::Cache=${folder}/cache
          -o APT::Sandbox::User=root)
  execute_process(COMMAND ${apt} update ERROR_VARIABLE complaint RESULT_VARIABLE failed)
  if(NOT failed)
    execute_process(COMMAND ${apt} download googletest WORKING_DIRECTORY ${folder}
                    ERROR_VARIABLE complaint)
  endif()
  file(REMOVE_RECURSE ${folder}/lists ${folder}/cache)
  file(GLOB package ${folder}/googletest_*.deb)
  if(package)
    execute_process(COMMAND ${DPKG_DEB} -x ${package} ${folder})
  else()
    message(STATUS "No GoogleTest by apt-get: ${complaint}")
  endif()
endfunction()

find_package(GTest QUIET)
if(NOT GTest_FOUND)
  set(source ${CMAKE_BINARY_DIR}/googletest/usr/src/googletest)
  if(NOT EXISTS ${source}/CMakeLists.txt)
    natrolite_unpack_googletest(${CMAKE_BINARY_DIR}/googletest)
  endif()
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK OFF)
  if(EXISTS ${source}/CMakeLists.txt)
    add_subdirectory(${source} ${CMAKE_BINARY_DIR}/googletest/build EXCLUDE_FROM_ALL SYSTEM)
  else()
    message(STATUS "GoogleTest was not found and is downloaded; without a network install it (Debian: "
                   "libgtest-dev; conda: gtest), or set -DGTest_DIR=")
    include(FetchContent)
    FetchContent_Declare(googletest SYSTEM
      URL https://github.com/google/googletest/archive/refs/tags/release-1.12.1.tar.gz
      URL_HASH SHA256=81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2
      DOWNLOAD_EXTRACT_TIMESTAMP OFF)
    FetchContent_MakeAvailable(googletest)
  endif()
endif()
