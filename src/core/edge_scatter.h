// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// From energies of rows and gradients of edges to forces, energies and virials of atoms.
#pragma once

#include "edges.h"

namespace natrolite {

/// Where results are added (layout of LAMMPS' arrays; a null pointer = not wanted).
struct AtomSums {
  double **force = nullptr;            ///< [atom][3]
  double *energy = nullptr;            ///< total energy
  double *energy_atom = nullptr;       ///< [atom]
  double *virial = nullptr;            ///< [6] xx yy zz xy xz yz
  double **virial_atom = nullptr;      ///< [atom][6] half of each edge to either end
  double **centroid_atom = nullptr;    ///< [atom][9] xx yy zz xy xz yz yx zx zy, to the neighbor
};

// Each returns the plain sum of what it adds, which is not finite if any of it is not.

/// Add scale * energy of the owned rows.
/// \param energy [rows.nlocal] energies in the model's unit
double scatter_energy(const RowMap &rows, const double *energy, double scale, AtomSums &sums);

/// Add scale * g of each edge: F_i += g, F_j -= g, virial -v (x) g with g = dE/dv.
///
/// The per-atom centroid tensor gives an edge's virial to its neighbor j, the atom whose
/// position relative to the center the energy depends on: W_j = sum_i r_ji (x) dE_i/dr_ij
/// (Fan et al., Phys. Rev. B 92, 094301 (2015), eq. 22).
/// \param gradient [edges.size(), 3]
double scatter_edges(const RowMap &rows, const EdgeList &edges, const double *gradient, double scale,
                     AtomSums &sums);

/// Sums over edges for rows, for models that give no edge gradients.
struct RowResults {
  const double *forces = nullptr;       ///< [rows.nall(), 3]
  const double *virial = nullptr;       ///< [3, 3] row-major, -sum v (x) dE/dv
  const double *virials = nullptr;      ///< [rows.nall(), 6] or null, as AtomSums::virial_atom
  const double *centroids = nullptr;    ///< [rows.nall(), 9] or null, as AtomSums::centroid_atom
};

/// Add scale * these.
double scatter_rows(const RowMap &rows, const RowResults &results, double scale, AtomSums &sums);

}    // namespace natrolite
