// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What the loops over pairs add to: rows of forces, sums of a center, values of atoms.
#pragma once

#include "dispersion_batches.h"

namespace natrolite::NATROLITE_ISA {

typedef double Row __attribute__((vector_size(32), aligned(8), may_alias));

/// The rows (x, y, z, w) of lanes FIRST .. FIRST + 3.
template <int FIRST, class V>
NATROLITE_ALWAYS_INLINE void transpose_four(V x, V y, V z, V w, Row *row)
{
#if __has_builtin(__builtin_shufflevector)
  constexpr int A = FIRST, B = sizeof(V) / sizeof(double) + FIRST;
  const Row even_xy = __builtin_shufflevector(x, y, A, B, A + 2, B + 2);
  const Row odd_xy = __builtin_shufflevector(x, y, A + 1, B + 1, A + 3, B + 3);
  const Row even_zw = __builtin_shufflevector(z, w, A, B, A + 2, B + 2);
  const Row odd_zw = __builtin_shufflevector(z, w, A + 1, B + 1, A + 3, B + 3);
  row[A] = __builtin_shufflevector(even_xy, even_zw, 0, 1, 4, 5);
  row[A + 1] = __builtin_shufflevector(odd_xy, odd_zw, 0, 1, 4, 5);
  row[A + 2] = __builtin_shufflevector(even_xy, even_zw, 2, 3, 6, 7);
  row[A + 3] = __builtin_shufflevector(odd_xy, odd_zw, 2, 3, 6, 7);
#else    // g++ 11
  for (int k = FIRST; k < FIRST + 4; ++k) row[k] = Row{x[k], y[k], z[k], w[k]};
#endif
}

template <class V>
NATROLITE_ALWAYS_INLINE void transpose(V x, V y, V z, V w, Row *row)
{
  if constexpr (sizeof(V) == 2 * sizeof(double)) {
    for (int k = 0; k < 2; ++k) row[k] = Row{x[k], y[k], z[k], w[k]};
  } else {
    transpose_four<0>(x, y, z, w, row);
    if constexpr (sizeof(V) == 8 * sizeof(double)) transpose_four<4>(x, y, z, w, row);
  }
}

/// row j of `rows` += (x, y, z, w) of each lane
NATROLITE_ALWAYS_INLINE void add_to_rows(double *rows, const int *j, Reals x, Reals y, Reals z, Reals w)
{
  static_assert(FORCE_ROW == 4);
  Row row[W];
  transpose(x, y, z, w, row);
  for (int k = 0; k < W; ++k)
    *reinterpret_cast<Row *>(rows + FORCE_ROW * static_cast<std::int64_t>(j[k])) += row[k];
}

/// force on the center and virial of its pairs
struct CenterSums {
  Reals f[3] = {}, virial[6] = {};
  NATROLITE_ALWAYS_INLINE void add(Reals dx, Reals dy, Reals dz, Reals fx, Reals fy, Reals fz, Reals share)
  {
    f[0] += fx;
    f[1] += fy;
    f[2] += fz;
    const Reals sx = share * dx, sy = share * dy, sz = share * dz;
    virial[0] += sx * fx;
    virial[1] += sy * fy;
    virial[2] += sz * fz;
    virial[3] += sx * fy;
    virial[4] += sx * fz;
    virial[5] += sy * fz;
  }
  NATROLITE_ALWAYS_INLINE void finish(int i, Sums &sums) const
  {
    for (int k = 0; k < 3; ++k) sums.force[FORCE_ROW * i + k] += reduce_add<double>(f[k]);
    for (int k = 0; k < 6; ++k) sums.virial[k] += reduce_add<double>(virial[k]);
  }
};

/// Pair by pair, for runs that ask for values of atoms.
struct PairLanes {
  Reals dx, dy, dz, energy, force;    ///< force: times dx ... is the force on the center
  Reals at_center, at_neighbor;       ///< -dE/dCN of the pair
};
inline void tally_atoms(int i, const int *neighbors, const PairLanes &v, Sums &sums)
{
  constexpr int A[] = {0, 1, 2, 0, 0, 1, 1, 2, 2}, B[] = {0, 1, 2, 1, 2, 2, 0, 0, 1};
  for (int m = 0; m < W; ++m) {
    const int ends[] = {i, neighbors[m]};
    const double d[] = {v.dx[m], v.dy[m], v.dz[m]};
    const double by_atom[] = {-0.5 * v.at_center[m], 0.5 * v.at_neighbor[m]};
    for (int e = 0; e < 2; ++e) {
      const std::int64_t a = ends[e];
      if (sums.energy_atom) sums.energy_atom[a] += 0.5 * v.energy[m];
      for (int c = 0; c < 3 && sums.moment; ++c) sums.moment[3 * a + c] += by_atom[e] * d[c];
      for (int c = 0; c < 6 && sums.virial_atom; ++c)
        sums.virial_atom[6 * a + c] += 0.5 * v.force[m] * d[A[c]] * d[B[c]];
      for (int c = 0; c < 9 && sums.centroid_atom; ++c)
        sums.centroid_atom[9 * a + c] += 0.5 * v.force[m] * d[A[c]] * d[B[c]];
    }
  }
}

}    // namespace natrolite::NATROLITE_ISA
