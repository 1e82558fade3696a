// SPDX-License-Identifier: GPL-2.0-only
#include "cuda_stream.h"

#include <cstdint>
#include <stdexcept>

namespace natrolite {

// Two functions of LibTorch's stable C interface (torch/csrc/inductor/aoti_torch/c/shim.h). Weak,
// because only libtorch_cuda.so has them: null in a process with LibTorch for the CPU.
extern "C" {
__attribute__((weak, visibility("default"))) std::int32_t
aoti_torch_create_cuda_stream_guard(void *stream, std::int32_t device_index, CUDAStreamGuardOpaque **guard);
__attribute__((weak, visibility("default"))) std::int32_t
aoti_torch_delete_cuda_stream_guard(CUDAStreamGuardOpaque *guard);
}

StreamScope::StreamScope(void *stream, c10::Device device)
{
  if (!device.is_cuda() || !stream) return;
  if (!aoti_torch_create_cuda_stream_guard || !aoti_torch_delete_cuda_stream_guard)
    throw std::runtime_error("this LibTorch has no CUDA streams: use a CUDA build of LibTorch, or "
                             "the pair style without /kk");
  if (aoti_torch_create_cuda_stream_guard(stream, device.index(), &guard_) != 0)
    throw std::runtime_error("LibTorch does not take the CUDA stream of device " + device.str() +
                             ": LAMMPS and LibTorch must use the same device and CUDA version");
}

StreamScope::~StreamScope()
{
  if (guard_) aoti_torch_delete_cuda_stream_guard(guard_);
}

}    // namespace natrolite
