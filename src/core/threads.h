// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// One function on the threads of a rank.
#pragma once

#include <cstdint>
#include <exception>
#ifdef _OPENMP
#include <omp.h>
#endif

namespace natrolite {

/// The part of n things that belongs to one of `count` threads: begin, ..., end - 1.
struct Share {
  std::int64_t begin, end;
};
constexpr Share share_of(std::int64_t n, int thread, int count)
{
  return {n * thread / count, n * (thread + 1) / count};
}

/// Runs f(thread, count) on `threads` threads, or on fewer if OpenMP gives fewer; without OpenMP f(0, 1).
/// Throws what a thread has thrown.
template <class F>
void on_threads([[maybe_unused]] int threads, F &&f)
{
#ifdef _OPENMP
  std::exception_ptr failure;    // an exception must not leave the region
#pragma omp parallel num_threads(threads)
  try {
    f(omp_get_thread_num(), omp_get_num_threads());
  } catch (...) {
#pragma omp critical
    if (!failure) failure = std::current_exception();
  }
  if (failure) std::rethrow_exception(failure);
#else
  f(0, 1);
#endif
}

}    // namespace natrolite
