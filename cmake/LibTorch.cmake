# LibTorch -> target natrolite_torch. From Torch_DIR, or the PyPI package torch of the Python found.

if(NOT Torch_DIR)
  natrolite_ask_python(torch "import torch; print(torch.utils.cmake_prefix_path)")
  if(NOT torch)
    message(FATAL_ERROR "No LibTorch found: give -DTorch_DIR=, a Python with the package torch "
                        "(-DPython3_EXECUTABLE=), -DNATROLITE_PROVIDE=ON, or -DNATROLITE_ENGINE=OFF")
  endif()
  set(Torch_DIR ${torch}/Torch)
endif()
set(keep_flags "${CMAKE_CXX_FLAGS}")
find_package(Torch REQUIRED)
set(CMAKE_CXX_FLAGS "${keep_flags}")

add_library(natrolite_torch INTERFACE)
target_include_directories(natrolite_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(natrolite_torch INTERFACE ${torch_flags})
target_link_libraries(natrolite_torch INTERFACE ${TORCH_LIBRARIES})
message(STATUS "LibTorch ${Torch_VERSION}: ${TORCH_INSTALL_PREFIX}")
