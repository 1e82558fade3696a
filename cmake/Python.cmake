# A Python interpreter: the one named by Python3_EXECUTABLE, or, with NATROLITE_PROVIDE, a virtual
# environment in the build folder that holds the packages of cmake/pins.txt.

find_package(Python3 3.10 COMPONENTS Interpreter QUIET)

function(natrolite_provide_python)
  set(venv ${CMAKE_BINARY_DIR}/venv)
  set(pins ${CMAKE_CURRENT_SOURCE_DIR}/cmake/pins.txt)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pins})
  file(SHA256 ${pins} wanted)
  set(stamp ${venv}/natrolite-pins.sha256)
  set(have "")
  if(EXISTS ${stamp})
    file(READ ${stamp} have)
  endif()
  if(NOT have STREQUAL wanted)
    message(STATUS "Installing the packages of cmake/pins.txt into ${venv} (once, a few minutes)")
    natrolite_run("python -m venv failed: install Python's venv module (Debian: python3-venv)"
                  ${Python3_EXECUTABLE} -m venv ${venv})
    natrolite_run("pip install failed: see its message above"
                  ${venv}/bin/python -m pip install --disable-pip-version-check -r ${pins})
    file(WRITE ${stamp} ${wanted})
  endif()
  set(Python3_EXECUTABLE ${venv}/bin/python PARENT_SCOPE)
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
