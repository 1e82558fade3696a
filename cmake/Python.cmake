# A Python interpreter: the one named by Python3_EXECUTABLE, or, with NATROLITE_PROVIDE, a virtual
# environment in the build folder that holds the packages of cmake/pins.txt.

find_package(Python3 3.10 COMPONENTS Interpreter QUIET)

# Installs a pins file into a virtual environment unless it holds just that already.
function(natrolite_provide_packages venv pins)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pins})
  file(SHA256 ${pins} wanted)
  set(stamp ${venv}/natrolite-pins.sha256)
  set(have "")
  if(EXISTS ${stamp})
    file(READ ${stamp} have)
  endif()
  if(NOT have STREQUAL wanted)
    cmake_path(RELATIVE_PATH pins BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE name)
    message(STATUS "Installing the packages of ${name} into ${venv} (once, a few minutes)")
    natrolite_run("python -m venv failed: install Python's venv module (Debian: python3-venv)"
                  ${Python3_EXECUTABLE} -m venv ${venv})
    natrolite_run("pip install failed: see its message above"
                  ${venv}/bin/python -m pip install --disable-pip-version-check -r ${pins} ${ARGN})
    file(WRITE ${stamp} ${wanted})
  endif()
endfunction()

function(natrolite_provide_python)
  natrolite_provide_packages(${CMAKE_BINARY_DIR}/venv ${CMAKE_SOURCE_DIR}/cmake/pins.txt)
  set(Python3_EXECUTABLE ${CMAKE_BINARY_DIR}/venv/bin/python PARENT_SCOPE)
endfunction()

# An environment of its own for packages that do not go with those of cmake/pins.txt (MACE wants
# another e3nn): cmake/pins-NAME.txt over all else of the first environment. Sets
# NATROLITE_PYTHON_NAME unless the user did.
function(natrolite_provide_environment name)
  if(NATROLITE_PYTHON_${name} OR NOT NATROLITE_PROVIDE)
    return()
  endif()
  set(venv ${CMAKE_BINARY_DIR}/venv-${name})
  natrolite_provide_packages(${venv} ${CMAKE_SOURCE_DIR}/cmake/pins-${name}.txt --no-deps)
  natrolite_ask_python(below "import sysconfig; print(sysconfig.get_path('purelib'))")
  set(Python3_EXECUTABLE ${venv}/bin/python)
  natrolite_ask_python(site "import sysconfig; print(sysconfig.get_path('purelib'))")
  file(WRITE ${site}/natrolite-below.pth "${below}\n")
  set(NATROLITE_PYTHON_${name} ${venv}/bin/python PARENT_SCOPE)
endfunction()

function(natrolite_run complaint)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${complaint}")
  endif()
endfunction()

# Output of a Python one-liner, empty if it fails.
function(natrolite_ask_python out code)
  set(answer "")
  if(Python3_EXECUTABLE)
    execute_process(COMMAND ${Python3_EXECUTABLE} -c "${code}" OUTPUT_VARIABLE answer
                    RESULT_VARIABLE failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(failed)
      set(answer "")
    endif()
  endif()
  set(${out} "${answer}" PARENT_SCOPE)
endfunction()

if(NATROLITE_PROVIDE)
  if(NOT Python3_FOUND)
    message(FATAL_ERROR "Python >= 3.10 was not found: install it or set -DPython3_EXECUTABLE=")
  endif()
  natrolite_provide_python()
endif()
