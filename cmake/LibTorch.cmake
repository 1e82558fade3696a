# LibTorch -> target natrolite_torch and its folder NATROLITE_TORCH_LIB. From Torch_DIR, or the PyPI package torch of the Python found.

add_library(natrolite_torch INTERFACE)
if(Torch_DIR)
  set(keep_flags "${CMAKE_CXX_FLAGS}")
  find_package(Torch REQUIRED)
  set(CMAKE_CXX_FLAGS "${keep_flags}")
  if("${TORCH_CXX_FLAGS}" MATCHES "CXX11_ABI=0")
    message(FATAL_ERROR "LibTorch in ${Torch_DIR} has the old C++ ABI: use a build with the new one")
  endif()
  target_include_directories(natrolite_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(natrolite_torch INTERFACE ${TORCH_LIBRARIES})
  set(NATROLITE_TORCH_LIB "${TORCH_INSTALL_PREFIX}/lib")
  message(STATUS "LibTorch ${Torch_VERSION}: ${TORCH_INSTALL_PREFIX}")
else()
  # The package's own CMake files want the CUDA toolkit for its CUDA builds; headers and libraries
  # are all that the engine needs.
  natrolite_ask_python(torch "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])")
  if(NOT torch)
    message(FATAL_ERROR "No LibTorch found: give -DTorch_DIR=, a Python with the package torch "
                        "(-DPython3_EXECUTABLE=), -DNATROLITE_PROVIDE=ON, or -DNATROLITE_ENGINE=OFF")
  endif()
  target_include_directories(natrolite_torch SYSTEM INTERFACE
    ${torch}/include ${torch}/include/torch/csrc/api/include)
  # libtorch.so brings in libtorch_cuda.so where there is one
  target_link_libraries(natrolite_torch INTERFACE -Wl,--no-as-needed ${torch}/lib/libtorch.so
    -Wl,--as-needed ${torch}/lib/libtorch_cpu.so ${torch}/lib/libc10.so)
  set(NATROLITE_TORCH_LIB "${torch}/lib")
  message(STATUS "LibTorch: ${torch}")
endif()
