# Targets mxene-test, mxene-small, mxene-full, hard-carbon-test, janus-test, ...: examples/run.sh for the decks of a
# folder of examples. The model is that of NATROLITE_EXAMPLES_MODEL, by default the shipped one.
set(NATROLITE_EXAMPLES_MODEL "" CACHE FILEPATH "model file for the examples (empty: the shipped one)")
file(GLOB systems CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*/reproduction.py)
foreach(system ${systems})
  get_filename_component(folder ${system} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  foreach(size test small full)
    add_custom_target(${name}-${size}
      COMMAND ${CMAKE_COMMAND} -E env LAMMPS_PLUGIN_PATH=${CMAKE_LIBRARY_OUTPUT_DIRECTORY}
              PYTHON=${Python3_EXECUTABLE} MODEL=${NATROLITE_EXAMPLES_MODEL}
              RESULTS=${CMAKE_BINARY_DIR}/examples-${size} ${CMAKE_SOURCE_DIR}/examples/run.sh ${size} ${name}
      DEPENDS natroliteplugin
      COMMENT "Decks of examples/${name} in size ${size}" USES_TERMINAL VERBATIM)
  endforeach()
endforeach()
