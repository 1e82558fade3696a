// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Threads of the native evaluator.
#pragma once

#include <exception>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace natrolite::native {

/// f(thread, count) on up to `threads` threads; OpenMP may give fewer
template <class F> void on_threads(int threads, F &&f)
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
  (void) threads;
  f(0, 1);
#endif
}

}    // namespace natrolite::native
