# nlohmann/json -> target natrolite_json: an installed one, the copy that LAMMPS ships under another
# namespace (releases before 2025 ship none), or the PyPI package nlohmann-json of the Python found.

find_package(nlohmann_json QUIET)
if(nlohmann_json_FOUND)
  get_target_property(NATROLITE_JSON_INCLUDE_DIR nlohmann_json::nlohmann_json
                      INTERFACE_INCLUDE_DIRECTORIES)
  set(NATROLITE_JSON_NAMESPACE nlohmann)
else()
  find_path(NATROLITE_LAMMPS_JSON nlohmann/json.hpp PATHS ${NATROLITE_HOST_HEADERS}
            NO_DEFAULT_PATH)
  natrolite_ask_python(package "import importlib.util as u; print(u.find_spec('nlohmann_json').submodule_search_locations[0])")
  if(NATROLITE_LAMMPS_JSON)
    # only this folder of the host's headers may reach the engine
    file(COPY ${NATROLITE_LAMMPS_JSON}/nlohmann DESTINATION ${CMAKE_BINARY_DIR}/json)
    set(NATROLITE_JSON_INCLUDE_DIR ${CMAKE_BINARY_DIR}/json)
    set(NATROLITE_JSON_NAMESPACE nlohmann_lmp)
  elseif(package)
    set(NATROLITE_JSON_INCLUDE_DIR ${package}/include)
    set(NATROLITE_JSON_NAMESPACE nlohmann)
  else()
    message(FATAL_ERROR "nlohmann/json was not found: install it (Debian: nlohmann-json3-dev; PyPI: nlohmann-json), "
                        "set -Dnlohmann_json_DIR=, name the folder above LAMMPS' copy by -DNATROLITE_LAMMPS_JSON=, or "
                        "give -DNATROLITE_PROVIDE=ON")
  endif()
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/json.h.in ${CMAKE_BINARY_DIR}/json-header/json.h @ONLY)
add_library(natrolite_json INTERFACE)
target_include_directories(natrolite_json INTERFACE ${CMAKE_BINARY_DIR}/json-header)
target_include_directories(natrolite_json SYSTEM INTERFACE ${NATROLITE_JSON_INCLUDE_DIR})
