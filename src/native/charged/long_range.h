// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The analytic terms of a charged network, in float64: repulsion, electrostatics and dispersion.
#pragma once

#include "dispersion.h"

#include "native/kernels.h"

#include <optional>
#include <vector>

namespace natrolite::native::charged {

/// What one atom gets of the terms, eV and eV/e.
struct AtomTerms {
  double repulsion = 0.0, electrostatics = 0.0, dispersion = 0.0;
  double by_charge = 0.0;    ///< derivative of the whole energy by this atom's charge
};

/// Every pair is in the list from both sides, so that what a neighbor's edges say of this atom is what its
/// own say: derivatives by charges and weights are twice those of its own edges, and need no way back.
class LongRange {
public:
  /// Memory of one thread.
  struct Workspace {
    std::vector<std::int64_t> edge, neighbor, start;
    Buffer<double> r, slope;
  };

  explicit LongRange(const ChargedDescription &d);
  /// types that are anywhere, in ascending order
  void prepare_types(const std::vector<std::int64_t> &present);
  bool needs_neighbor_data() const { return coulomb_ || dispersion_; }
  double coordination(const PairList &list, std::int64_t row) const;
  /// what neighbors read of an atom
  void atom_data_of(std::int64_t type, double coordination, double charge, double *atom_data) const;
  /// Energies of an atom; edge_gradient [nedges][3] of its edges += . atom_data [nall][ATOM_DATA]
  AtomTerms evaluate(const PairList &list, std::int64_t row, const double *atom_data, double coordination,
                     double *edge_gradient, Workspace &work) const;

private:
  void sort_edges(const PairList &list, std::int64_t row, Workspace &work) const;
  PairConstants<double> constants(std::int64_t center, std::int64_t neighbor) const;

  const Kernels<double> &kernels_;
  double r_max_, lr_cutoff_;
  std::optional<RepulsionShape> repulsion_;
  std::optional<CoulombShape> coulomb_;
  std::optional<Dispersion> dispersion_;
  std::vector<std::int64_t> present_, kind_;        ///< types that are there; [types] their place
  std::vector<PairConstants<double>> constants_;    ///< [kind][kind]
};

}    // namespace natrolite::native::charged
