# The KOKKOS side of the host, where -DKokkos_DIR= or NATROLITE_KOKKOS=ON wants it -> target
# natrolite_kokkos_host: LAMMPS' KOKKOS headers, the definitions it was built with, and its Kokkos.
#   -DLAMMPS_SOURCE_DIR=DIR   sources, with src/KOKKOS
#   -DLAMMPS_BINARY_DIR=DIR   the folder it was built in: CMakeCache.txt names its options
#   -DKokkos_DIR=DIR          folder with KokkosConfig.cmake of the shared Kokkos it links

option(NATROLITE_KOKKOS "Build the plugin of the /kk styles (needs a LAMMPS with KOKKOS)" OFF)
if(NOT NATROLITE_KOKKOS AND NOT Kokkos_DIR)
  return()
endif()
set(headers ${NATROLITE_HOST_HEADERS}/KOKKOS)
if(NOT EXISTS ${headers}/pair_kokkos.h OR NOT EXISTS "${LAMMPS_BINARY_DIR}/CMakeCache.txt")
  message(FATAL_ERROR "The /kk styles need -DLAMMPS_SOURCE_DIR= with src/KOKKOS, and "
                      "-DLAMMPS_BINARY_DIR=, the folder where that LAMMPS was built with CMake")
endif()
load_cache(${LAMMPS_BINARY_DIR} READ_WITH_PREFIX host_
           PKG_KOKKOS PKG_PLUGIN BUILD_SHARED_LIBS EXTERNAL_KOKKOS KOKKOS_PREC KOKKOS_LAYOUT)
foreach(option PKG_KOKKOS PKG_PLUGIN BUILD_SHARED_LIBS EXTERNAL_KOKKOS)
  if(NOT host_${option})
    message(FATAL_ERROR "The LAMMPS in ${LAMMPS_BINARY_DIR} was built without ${option}=ON: the /kk "
                        "styles need it")
  endif()
endforeach()

set(precisions_double DOUBLE_DOUBLE)
set(precisions_mixed SINGLE_DOUBLE)
set(precisions_single SINGLE_SINGLE)
set(definitions LMP_KOKKOS)
if(host_KOKKOS_PREC)    # versions without these options have no such definitions
  string(TOLOWER ${host_KOKKOS_PREC} precision)
  list(APPEND definitions LMP_KOKKOS_${precisions_${precision}})
endif()
if(host_KOKKOS_LAYOUT)
  string(TOUPPER ${host_KOKKOS_LAYOUT} layout)
  list(APPEND definitions LMP_KOKKOS_LAYOUT_${layout})
endif()

find_package(Kokkos REQUIRED)
add_library(natrolite_kokkos_host INTERFACE)
target_include_directories(natrolite_kokkos_host SYSTEM INTERFACE ${headers})
target_compile_definitions(natrolite_kokkos_host INTERFACE ${definitions})
target_link_libraries(natrolite_kokkos_host INTERFACE natrolite_host Kokkos::kokkos)
message(STATUS "KOKKOS host: Kokkos ${Kokkos_VERSION} (${Kokkos_DEVICES}), ${definitions}")
