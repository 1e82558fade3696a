// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Functions of one atom or edge (an ordered pair center -> neighbor), shared by host and device
/// loops.
#pragma once

#include "macros.h"

namespace natrolite {

/// Model type of an atom with these group bits, -1 = none. Every atom has bit 1, LAMMPS' group all,
/// but those that a trial move has put aside: `fix gcmc` and `fix charge/regulation` mark an atom in
/// this way to ask for the energy without it.
NATROLITE_INLINE_FUNCTION int type_in_model(int model_type, int groups)
{
  return groups & 1 ? model_type : -1;
}

/// edge vector v = x_j - x_i (center i, neighbor j; length unit of x)
NATROLITE_INLINE_FUNCTION void edge_vector(const double *xi, const double *xj, double *v)
{
  for (int d = 0; d < 3; ++d) v[d] = xj[d] - xi[d];
}

NATROLITE_INLINE_FUNCTION double squared_norm(const double *v)
{
  return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

/// Virial of one edge in LAMMPS' sign: w_ab = -v_a g_b with g = dE/dv.
/// Order of the nine components: xx yy zz xy xz yz yx zx zy (LAMMPS' centroid order).
NATROLITE_INLINE_FUNCTION void edge_virial(const double *v, const double *g, double *w)
{
  w[0] = -v[0] * g[0];
  w[1] = -v[1] * g[1];
  w[2] = -v[2] * g[2];
  w[3] = -v[0] * g[1];
  w[4] = -v[0] * g[2];
  w[5] = -v[1] * g[2];
  w[6] = -v[1] * g[0];
  w[7] = -v[2] * g[0];
  w[8] = -v[2] * g[1];
}

/// Adds an edge's virial w to tensors of its atoms, null = not wanted: half of the first six components
/// to center and neighbor, all nine to the neighbor's centroid tensor (see AtomSums).
NATROLITE_INLINE_FUNCTION void add_edge_virial(const double *w, double *center, double *neighbor,
                                               double *centroid)
{
  if (center)
    for (int k = 0; k < 6; ++k) {
      center[k] += 0.5 * w[k];
      neighbor[k] += 0.5 * w[k];
    }
  if (centroid)
    for (int k = 0; k < 9; ++k) centroid[k] += w[k];
}

}    // namespace natrolite
