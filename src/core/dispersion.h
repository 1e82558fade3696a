// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The dispersion energy DFT-D3 without three-body terms, its forces and virials, for atoms with a half
/// neighbor list.
///
/// A step is count() - pairs() - chain(); between them the caller sends what atoms gave to ghosts of
/// other ranks home, and the sums back to the ghosts.
#pragma once

#include "dispersion_functionals.h"
#include "edges.h"

#include <memory>
#include <string>
#include <vector>

namespace natrolite {

struct DispersionSettings {
  static constexpr double LONGEST = 1000.0;    ///< of the two cutoffs: padding of the loops is farther away
  d3::Damping damping = d3::Damping::bj;
  d3::Functional functional;
  double cutoff = 0.0;                 ///< of pairs, Angstrom
  double coordination_cutoff = 0.0;    ///< of pairs in the coordination numbers, Angstrom
  std::vector<int> elements;           ///< [type] atomic number, 0 = takes no part
  double energy_unit = 1.0;            ///< of the results, per eV
  int threads = 1;
};

/// Atoms of one step (views; layout of LAMMPS' arrays, x in one block).
struct DispersionAtoms {
  NeighborView list;            ///< a half list
  const int *type = nullptr;    ///< [nall], from 0
  int nlocal = 0, nall = 0;
  /// [nall] the own atom that a ghost is an image of, else the atom itself; null = the atoms themselves.
  /// Images then add to the rows of their own atoms, which stay in the cache where ghosts are many; newton
  /// only.
  const int *home = nullptr;
  int special_shift = 30;                      ///< the two bits above it choose from special
  double special[4] = {1.0, 1.0, 1.0, 1.0};    ///< factors of the energy of a pair
  bool newton = true;                          ///< false: pairs with ghosts are in both ranks' lists
};

/// What a step is to give.
struct DispersionOutputs {
  bool energy_atom = false, virial_atom = false, centroid_atom = false;
};

/// Atomic number of an element that has parameters, in any case; throws std::invalid_argument with the
/// symbol otherwise.
int dispersion_element(const std::string &symbol);

class Dispersion {
public:
  /// Throws std::invalid_argument, which names the value, unless both cutoffs are positive.
  explicit Dispersion(const DispersionSettings &);
  ~Dispersion();

  /// Coordination numbers [nall]; ghosts hold what is to be added to their owners.
  double *count(const DispersionAtoms &, const DispersionOutputs &);
  /// Energies and pair forces from the coordination numbers of count(), by then those of all atoms.
  /// Returns rows [nall][gradient_width()], again with ghosts' parts for their owners.
  double *pairs(const DispersionAtoms &);
  int gradient_width() const;
  /// Forces by the change of coordination numbers, from the rows of pairs(), by then those of all atoms.
  void chain(const DispersionAtoms &);

  /// \name Sums of the step, after chain()
  /// @{
  double energy() const;
  const double *virial() const;           ///< [6] xx yy zz xy xz yz
  const double *forces() const;           ///< [nall][4]: three components
  const double *energy_atom() const;      ///< [nall]
  const double *virial_atom() const;      ///< [nall][6]
  const double *centroid_atom() const;    ///< [nall][9] xx yy zz xy xz yz yx zx zy, not symmetric
  /// @}

  double memory_bytes() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}    // namespace natrolite
