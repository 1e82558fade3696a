// SPDX-License-Identifier: GPL-2.0-only
#include "runtime.h"

#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <mutex>
#include <stdexcept>

namespace natrolite {
namespace {

  /// Keep freed blocks in the process: handing every large tensor back to the system costs a page
  /// fault per 4 KiB at the next step (1.4 to 3.5 times the step's time), for 16-47 % more memory.
  void keep_memory()
  {
#ifdef __GLIBC__
    static std::once_flag once;
    std::call_once(once, [] {
      mallopt(M_MMAP_MAX, 0);
      mallopt(M_TRIM_THRESHOLD, -1);
    });
#endif
  }

  c10::Device choose_device(const LoadOptions &options)
  {
    const auto ngpus = static_cast<int>(torch::cuda::device_count());
    if (options.device == Device::cuda && ngpus == 0)
      throw std::runtime_error("no CUDA device is available to LibTorch: use 'device cpu' or 'auto', "
                               "or a CUDA build of LibTorch on a machine with a GPU");
    if (options.device == Device::cpu || ngpus == 0) return c10::Device(c10::kCPU);
    const int gpu = options.device_id < 0 ? options.local_rank % ngpus : options.device_id;
    return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(gpu));
  }

}    // namespace

c10::Device prepare_runtime(const LoadOptions &options)
{
  const c10::Device device = choose_device(options);
  at::set_num_threads(options.threads);
  // The fuser fails on a GPU for some models ("Global alloc not supported yet"), made SevenNet-0 no faster,
  // and compiles for minutes on the CPU. There specialization doubles the time of the first steps as well
  // (doc/performance.rst).
  torch::jit::setTensorExprFuserEnabled(false);
  if (device.is_cpu()) {
    keep_memory();
    torch::jit::getProfilingMode() = false;
  }
  return device;
}

std::string describe(const c10::Device &device)
{
  if (device.is_cuda()) return device.str();
  return "cpu, " + std::to_string(at::get_num_threads()) + " thread(s)";
}

}    // namespace natrolite
