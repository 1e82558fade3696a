// SPDX-License-Identifier: GPL-2.0-only
// StreamScope against LibTorch's two functions, whose signatures come from LibTorch's own header;
// no GPU: what they are called with, and in which order.
#include "cuda_stream.h"

#define USE_CUDA
#include <torch/csrc/inductor/aoti_torch/c/shim.h>

#include <gtest/gtest.h>

#include <string>

namespace {
std::string calls;
AOTITorchError answer = 0;
int stream_of_kokkos, guard_of_torch;
}    // namespace

AOTITorchError aoti_torch_create_cuda_stream_guard(void *stream, int32_t device_index,
                                                   CUDAStreamGuardHandle *guard)
{
  calls += stream == &stream_of_kokkos ? "create " : "create with another stream ";
  calls += std::to_string(device_index) + ";";
  if (answer == 0) *guard = reinterpret_cast<CUDAStreamGuardHandle>(&guard_of_torch);
  return answer;
}

AOTITorchError aoti_torch_delete_cuda_stream_guard(CUDAStreamGuardHandle guard)
{
  calls += reinterpret_cast<int *>(guard) == &guard_of_torch ? "delete;" : "delete another;";
  return 0;
}

namespace {

using natrolite::StreamScope;

class CudaStream : public testing::Test {
protected:
  void SetUp() override
  {
    calls.clear();
    answer = 0;
  }
};

TEST_F(CudaStream, is_current_while_the_scope_lives)
{
  {
    const StreamScope scope(&stream_of_kokkos, c10::Device(c10::kCUDA, 3));
    EXPECT_EQ(calls, "create 3;");
  }
  EXPECT_EQ(calls, "create 3;delete;");
}

TEST_F(CudaStream, nothing_happens_on_a_cpu_or_without_a_stream)
{
  {
    const StreamScope cpu(&stream_of_kokkos, c10::Device(c10::kCPU));
    const StreamScope own(nullptr, c10::Device(c10::kCUDA, 0));
  }
  EXPECT_EQ(calls, "");
}

TEST_F(CudaStream, a_refusal_is_an_error_and_nothing_is_deleted)
{
  answer = 1;
  EXPECT_THROW(StreamScope(&stream_of_kokkos, c10::Device(c10::kCUDA, 0)), std::runtime_error);
  EXPECT_EQ(calls, "create 0;");
}

}    // namespace
