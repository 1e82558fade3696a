# Install rules. A LAMMPS finds the plugin with LAMMPS_PLUGIN_PATH=<prefix>/lib/lammps/plugins or
# `plugin load`; in a Python wheel both libraries go into the package, which names its folder
# through the entry-point group lammps.plugins.

if(SKBUILD)
  set(NATROLITE_PLUGIN_DIR natrolite/plugins)
  set(NATROLITE_TORCH_LIB "$ORIGIN/../../torch/lib")
else()
  set(NATROLITE_PLUGIN_DIR lib/lammps/plugins)
endif()
install(TARGETS natroliteplugin LIBRARY DESTINATION ${NATROLITE_PLUGIN_DIR})
if(TARGET natrolite_kokkosplugin)
  install(TARGETS natrolite_kokkosplugin LIBRARY DESTINATION ${NATROLITE_PLUGIN_DIR}/kokkos)
endif()
if(TARGET natrolite_engine)
  # An engine in a wheel uses the environment's own LibTorch, elsewhere the one it was built with.
  # Named in full: CMake's link path leaves out folders below the build folder, where `venv` is.
  set_target_properties(natrolite_engine PROPERTIES INSTALL_RPATH "${NATROLITE_TORCH_LIB}")
  install(TARGETS natrolite_engine LIBRARY DESTINATION ${NATROLITE_PLUGIN_DIR})
endif()

# Trained potentials: LAMMPS looks for them in the folders of LAMMPS_POTENTIALS.
if(SKBUILD)
  set(NATROLITE_POTENTIALS_DIR natrolite/potentials)
else()
  set(NATROLITE_POTENTIALS_DIR share/natrolite/potentials)
endif()
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/potentials/ DESTINATION ${NATROLITE_POTENTIALS_DIR}
        FILES_MATCHING PATTERN "*.pt" PATTERN "*.md" PATTERN "LICENSE*" PATTERN train EXCLUDE)
