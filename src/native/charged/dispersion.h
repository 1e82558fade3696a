// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// D4 dispersion, two-body terms, as a function of distances and charges (Caldeweyher et al., J. Chem.
/// Phys. 150, 154122 (2019)). All of it in float64.
#pragma once

#include "description.h"
#include "kernel_types.h"

#include "native/buffer.h"

#include <cstdint>
#include <vector>

namespace natrolite::native::charged {

/// All edges of an evaluation, sorted by center.
struct PairList {
  std::int64_t nlocal = 0, nall = 0, nedges = 0;
  const std::int64_t *neighbor = nullptr, *types = nullptr;    ///< [nedges], [nall]
  const double *vec = nullptr;                                 ///< [nedges][3]
  std::vector<std::int64_t> first;                             ///< [nlocal + 1]
  Buffer<double> r;                                            ///< [nedges]
};

/// How much of each reference system an atom is, and the derivatives by coordination and charge.
struct Weights {
  double value[SYSTEMS], by_coordination[SYSTEMS], by_charge[SYSTEMS];
};

class Dispersion {
public:
  /// cutoff: Angstrom, 0 = none
  Dispersion(const DispersionShape &shape, int types, double cutoff);
  /// Fills the part of the constants for a pair of types.
  void constants(std::int64_t center, std::int64_t neighbor, PairConstants<double> &c) const;
  double coordination(const PairList &list, std::int64_t row) const;
  /// edge_gradient [nedges][3] += slope d(coordination of row)/d(edge vector)
  void coordination_backward(const PairList &list, std::int64_t row, double slope,
                             double *edge_gradient) const;
  Weights weights(std::int64_t type, double coordination, double charge) const;
  /// c6_row[b] = sum_a weights[a] C6[a][b] of two types, hartree bohr^6
  void apply_c6(std::int64_t center, std::int64_t neighbor, const double *weights, double *c6_row) const;
  /// to[a] += factor sum_b C6[a][b] from[b]
  void add_c6_transposed(std::int64_t center, std::int64_t neighbor, double factor, const double *from,
                         double *to) const;

private:
  struct Count {
    double value, slope;
  };
  Count count(std::int64_t a, std::int64_t b, double r) const;
  const double *c6(std::int64_t a, std::int64_t b) const
  {
    return c6_.data() + (a * types_ + b) * SYSTEMS * SYSTEMS;
  }

  DispersionShape d_;
  int types_;
  double cutoff_;                                 ///< bohr
  std::vector<double> polar_, uncounted_, c6_;    ///< [types][types], and [SYSTEMS][SYSTEMS]
};

}    // namespace natrolite::native::charged
