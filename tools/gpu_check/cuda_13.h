// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// CUDA 12's forms of three calls, which Kokkos 4 makes and CUDA 13 no longer has. Included before
/// every source that nvcc compiles.
#pragma once

#include <cuda_runtime_api.h>

#if defined(__cplusplus) && CUDART_VERSION >= 13000

inline cudaMemLocation natrolite_location(int device)
{
  cudaMemLocation place{};
  place.type = device == cudaCpuDeviceId ? cudaMemLocationTypeHost : cudaMemLocationTypeDevice;
  place.id = device == cudaCpuDeviceId ? 0 : device;
  return place;
}

inline cudaError_t cudaMemAdvise(const void *p, size_t n, cudaMemoryAdvise advice, int device)
{
  return cudaMemAdvise(p, n, advice, natrolite_location(device));
}

inline cudaError_t cudaMemPrefetchAsync(const void *p, size_t n, int device, cudaStream_t stream)
{
  return cudaMemPrefetchAsync(p, n, natrolite_location(device), 0, stream);
}

inline cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t *from,
                                            const cudaGraphNode_t *to, size_t n)
{
  return cudaGraphAddDependencies(graph, from, to, nullptr, n);
}

#endif
