// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cell.h"

#include <vector>

namespace natrolite {

/// Positions of some atoms of one layer, from the cell's origin: loops over them are vectorized.
struct AtomBatch {
  static constexpr int size = 64;
  bool upper = false;
  int count = 0;
  double x[size] = {}, y[size] = {}, z[size] = {};
};

/// Sums of w and w z on nx x ny nodes at the lattice fractions (i+1/2)/nx, (j+1/2)/ny, with w =
/// exp(-d^2/2s^2) for every image of a node that is closer than `reach` widths s to an atom. With
/// steps e1, e2 between nodes and g from the node at the atom's lower left to the atom,
///   exp(-|i e1 + j e2 - g|^2/2s^2) = exp(-g^2/2s^2) exp(g.e1/s^2)^i exp(g.e2/s^2)^j T_ij,
/// T depending on the cell only, so that an atom takes three exponentials.
class KernelMap {
public:
  static constexpr double reach = 6.0;

  KernelMap(const Cell &cell, int nx, int ny, double s);

  void accumulate(const AtomBatch &atoms);

  /// Adds the sums of a layer to w and wz (one value per node, i running fastest) and clears them.
  void move_to(bool upper, double *w, double *wz);

private:
  struct Places {                      ///< of a batch's atoms
    double gx[AtomBatch::size];        ///< g of the formula, along x
    double across[AtomBatch::size];    ///< exp(g.e1/s^2)
    double along[AtomBatch::size];     ///< exp(g.e2/s^2)
    double corner[AtomBatch::size];    ///< weight at the first node
    double gy[AtomBatch::size];
    int column[AtomBatch::size];    ///< its node's; in [0, nx) if x is periodic
    int row[AtomBatch::size];       ///< index in starts_ of the lowest row in reach
  };
  /// The nodes j steps above the atom's: i is counted so that node 0 is `offset` from j hy.
  struct Row {
    int shift;        ///< of i, from the atom's row; in [0, nx) if x is periodic
    int raise;        ///< power of exp(g.e1/s^2) that the row has more than others, at least 0
    double offset;    ///< in (-hx, 0]
  };
  void prepare_rows(int steps);
  void prepare_sums();
  void place(const AtomBatch &atoms, Places &p) const;
  void add_separable(const Places &p, int k, double *sums, double z);
  template <bool direct>
  void add(const Places &p, int k, double *sums, double z);
  void direct_weights(const Places &p, int k, int r, int next);

  int nx_, ny_;
  bool periodic_[2];
  double hx_, hy_, tilt_, skew_;       ///< e1 = (hx, 0), e2 = (tilt, hy), skew = tilt less a multiple of hx
  double inv_hx_, inv_hy_, inv_s2_;    ///< 1/hx, 1/hy, 1/s^2
  int half_, high_;                    ///< nodes within reach to either side, rows above and below
  int columns_;                        ///< visited nodes of a row (a multiple of 4)
  int before_, width_;                 ///< a row of sums: room before its first node, all of it
  int most_ = 0, highest_ = 0;         ///< raise of the atom's own row, largest raise
  bool direct_;                        ///< powers would overflow: an exponential for every node
  double least_;                       ///< weight at the reach
  std::vector<Row> rows_;
  std::vector<double> table_;    ///< T row by row; if skew is 0, its factors along x, then along y
  std::vector<double> powers_, scales_, weights_;
  /// Sums of w, then of w z, of a row; there is room for nodes outside, to be folded or dropped.
  /// A layer's last row is for rows outside, to be dropped.
  std::vector<double> sums_;
  std::vector<int> starts_;    ///< of the sums of the rows from -2 high to ny + 2 high
};

}    // namespace natrolite
