// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Neighbors of one center, some at a time: atoms, distances, factors, by type where it matters.
#pragma once

#include "dispersion_kernels.h"
#include "simd.h"

namespace natrolite::NATROLITE_ISA {

using namespace d3;
using Reals = Vector<double>;
inline constexpr int W = WIDTH<double>;

/// Atoms, distances and factors of batch.n entries, padded.
inline void gather_batch(const Step &step, int i, Batch &batch)
{
  const int n = batch.n;
  for (int k = 0; k < n; ++k) batch.j[k] = batch.entry[k] & step.mask;
  for (int k = n; k % W != 0; ++k) batch.j[k] = i;
  for (int k = 0; k < n; ++k) batch.home[k] = step.home ? step.home[batch.j[k]] : batch.j[k];
  for (int k = n; k % W != 0; ++k) batch.home[k] = i;
  if (step.scaled || batch.scaled)    // once more after it was: all are 1 again
    for (int k = 0; k < d3::Batch::SIZE; ++k) {
      batch.factor[k] = step.scaled && k < n ? step.special[batch.entry[k] >> step.special_shift & 3] : 1.0;
      batch.share[k] = !step.scaled || k >= n || batch.j[k] < step.half_from ? 1.0 : 0.5;
    }
  batch.scaled = step.scaled;
  const double *x = step.x;
  for (int k = 0; k < n; k += W) {
    const Reals dx = x[3 * i] - gather(x, 3, batch.j + k), dy = x[3 * i + 1] - gather(x + 1, 3, batch.j + k),
                dz = x[3 * i + 2] - gather(x + 2, 3, batch.j + k);
    store(batch.dx + k, dx);
    store(batch.dy + k, dy);
    store(batch.dz + k, dz);
    store(batch.r2 + k, dx * dx + dy * dy + dz * dz);
  }
  for (; batch.n % W != 0; ++batch.n) batch.r2[batch.n] = 1e8;    // and far, but b^16 of it is finite
}

/// Leaves the entries within a squared distance.
inline void keep_within(int n, double limit, Batch &batch)
{
  int at = 0;
  for (int k = 0; k < n; ++k) {
    batch.entry[at] = batch.entry[k];
    at += batch.r2[k] <= limit;
  }
  batch.n = at;
}

/// Calls f(batch) for the neighbors of atom i, with `prefilter` only those within a squared distance.
template <class F>
NATROLITE_ALWAYS_INLINE void for_batches(const Step &step, int i, const int *list, int n, double limit,
                                         bool prefilter, Batch &batch, const F &f)
{
  for (int begin = 0; begin < n; begin += Batch::SIZE) {
    const int here = n - begin < Batch::SIZE ? n - begin : Batch::SIZE;
    __builtin_memcpy(batch.entry, list + begin, here * sizeof(int));
    batch.n = here;
    gather_batch(step, i, batch);
    if (prefilter) {
      keep_within(here, limit, batch);
      gather_batch(step, i, batch);
    }
    f(batch);
  }
}

/// Calls f(type, batch) for the neighbors of atom i of one type after the other.
template <class F>
NATROLITE_ALWAYS_INLINE void for_types(const Tables &tables, const Step &step, int i, const int *list, int n,
                                       Sums &sums, const F &f)
{
  Batch &batch = *sums.batch;
  const auto hand_over = [&](int type) {
    batch.n = sums.number[type];
    __builtin_memcpy(batch.entry, sums.entries + type * Batch::SIZE, batch.n * sizeof(int));
    gather_batch(step, i, batch);
    f(type, batch);
    sums.number[type] = 0;
  };
  for (int t = 0; t < tables.types; ++t) sums.number[t] = 0;
  for (int k = 0; k < n; ++k) {
    const int type = step.type[list[k] & step.mask], at = sums.number[type]++;
    sums.entries[type * Batch::SIZE + at] = list[k];
    if (at + 1 == Batch::SIZE) hand_over(type);
  }
  for (int t = 0; t < tables.types; ++t)
    if (sums.number[t] > 0) hand_over(t);
}

}    // namespace natrolite::NATROLITE_ISA
