// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// LibTorch on the stream of whoever prepared the input on the device.
#pragma once

#include <c10/core/Device.h>

namespace natrolite {

/// Makes `stream`, a cudaStream_t (or hipStream_t) on `device`, LibTorch's current stream and
/// `device` its current device, on this thread, while it lives. Does nothing on a CPU, or for a
/// null stream: LibTorch then stays on its own. A thread started meanwhile needs a scope of its own.
/// Throws std::runtime_error if LibTorch has no CUDA, or refuses.
///
/// The same library serves LibTorch with and without CUDA: no header of CUDA is needed to build it.
class StreamScope {
public:
  StreamScope(void *stream, c10::Device device);
  ~StreamScope();
  StreamScope(const StreamScope &) = delete;
  StreamScope &operator=(const StreamScope &) = delete;

private:
  struct CUDAStreamGuardOpaque *guard_ = nullptr;
};

}    // namespace natrolite
