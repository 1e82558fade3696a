// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The inner loops of DFT-D3, one table of functions per instruction set.
///
/// Plain arrays, no allocation, no exceptions. Every loop runs over the neighbors of one center in a
/// half list. The formulas are those of Grimme et al., J. Chem. Phys. 132, 154104 (2010); C6 is a
/// bilinear form of normalized weights, because the Gaussian of a pair of reference systems is the
/// product of two:
///
///   w_a = exp(-4 (CN - CN_a)^2) / sum_b exp(-4 (CN - CN_b)^2),   C6 = sum_ab w_a(i) C6_ab w_b(j)
#pragma once

#include "dispersion_tables.h"

namespace natrolite::d3 {

/// Doubles in the row of an atom's weights: MAX_REFERENCES weights, their mean CN_a, padding.
inline constexpr int WEIGHT_ROW = 8;
/// Doubles in the row of an atom's forces: three components and -dE/dCN.
inline constexpr int FORCE_ROW = 4;

/// An atom type.
struct Type {
  int references = 0;                          ///< 0 = the type takes no part
  double coordination[MAX_REFERENCES] = {};    ///< CN_a
};

/// A pair of atom types. Energies in the unit of the run, lengths in Angstrom.
struct TypePair {
  double c6[MAX_REFERENCES][MAX_REFERENCES] = {};    ///< of references of i and of j
  double covalent = 0.0;                             ///< sum of covalent radii
  double c8_per_c6 = 0.0;
  /// \name bj: a1 r0 + a2 to the powers 6 and 8; zero: with b = slope r + shift, f = 1 / (1 + 6 b^-n)
  /// @{
  double power6 = 0.0, power8 = 0.0;
  double slope6 = 0.0, shift6 = 0.0, slope8 = 0.0, shift8 = 0.0;
  /// @}
};

/// Atoms and their neighbors in one step.
struct Step {
  const double *x = nullptr;    ///< [atom][3]
  const int *type = nullptr;    ///< [atom]
  const int *home = nullptr;    ///< [atom] whose rows an atom's sums and weights are; null = its own
  int mask = ~0;                ///< bits of a list's entry that hold the atom
  int special_shift = 0;        ///< the two bits above it choose from special
  double special[4] = {1.0, 1.0, 1.0, 1.0};    ///< factors of the energy of a pair
  bool scaled = false;                         ///< is one of them not 1, or some pair in two lists?
  int half_from = 0;                           ///< pairs with this atom and later ones are in two lists
  const double *weight = nullptr;              ///< [atom][WEIGHT_ROW]
  const double *slope = nullptr;               ///< [atom] -dE/dCN
  const double *moment = nullptr;              ///< [atom][3] see Sums, of all ranks
};

/// Some neighbors of one center, padded to whole vectors by lanes beyond every cutoff.
struct alignas(64) Batch {
  static constexpr int SIZE = 128;        ///< a multiple of every vector
  double dx[SIZE], dy[SIZE], dz[SIZE];    ///< center - neighbor
  double r2[SIZE];
  double factor[SIZE];                     ///< of the pair's energy, by special_bonds
  double share[SIZE];                      ///< 1/2 if the pair is in another rank's list, too
  double inv_r[SIZE], e[SIZE];             ///< 1 / r and exp(-k1 (rc / r - 1))
  int entry[SIZE], j[SIZE], type[SIZE];    ///< of the list, atom, its type
  int home[SIZE];                          ///< of the atom, see Step
  int n;                                   ///< with the padding
  bool scaled = false;                     ///< is any factor or share not 1?
};

/// Where one thread adds. Null pointers = not wanted.
struct Sums {
  Batch *batch = nullptr;                       ///< room; factor and share must be 1 at the start
  int *entries = nullptr, *number = nullptr;    ///< [types][Batch::SIZE] and [types], room
  double *coordination = nullptr;               ///< [atom] CN
  double *force = nullptr;                      ///< [atom][FORCE_ROW]
  double energy = 0.0;
  double virial[6] = {};              ///< xx yy zz xy xz yz
  double *energy_atom = nullptr;      ///< [atom] half of each pair's
  double *virial_atom = nullptr;      ///< [atom][6] half of each pair's
  double *moment = nullptr;           ///< [atom][3] sum_k (r_k - r_i) (-dE_ik/dCN_i) / 2
  double *centroid_atom = nullptr;    ///< [atom][9] xx yy zz xy xz yz yx zx zy
};

/// What the loops need of all types.
struct Tables {
  int types = 0;
  int only_type = -1;                ///< if one type alone takes part
  const Type *type = nullptr;        ///< [types]
  const TypePair *pair = nullptr;    ///< [types][types]
  double cutoff_squared = 0.0;       ///< pairs at it count
  double coordination_cutoff_squared = 0.0;
  bool prefilter_coordination = false;    ///< most pairs of the list are beyond that cutoff
  double s6 = 1.0, s8 = 0.0;
};

/// Functions of one instruction set. `list` [n]: the neighbors of atom i.
struct Kernels {
  const char *name = nullptr;
  /// coordination += the pairs of i, of either atom
  void (*count)(const Tables &, const Step &, int i, const int *list, int n, Sums &) = nullptr;
  /// rows of weights of atoms begin .. end - 1
  void (*reference_weights)(const Tables &, const int *type, const double *coordination, int begin, int end,
                            double *weight) = nullptr;
  /// energies, forces at constant CN, and -dE/dCN; [0] zero and zerom, [1] bj and bjm
  void (*pairs[2])(const Tables &, const Step &, int i, const int *list, int n, Sums &) = {};
  /// forces by the change of CN
  void (*chain)(const Tables &, const Step &, int i, const int *list, int n, Sums &) = nullptr;
};

/// Those of the best instruction set, see instruction_set().
const Kernels &kernels();

}    // namespace natrolite::d3
