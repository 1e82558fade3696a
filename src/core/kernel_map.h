// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_KERNEL_MAP_H
#define NATROLITE_KERNEL_MAP_H

#include "cell.h"

#include <vector>

namespace natrolite
{

// Sums of w and w z on nx x ny nodes at the lattice fractions (i+1/2)/nx, (j+1/2)/ny, with w =
// exp(-d^2/2s^2) for every image of a node that is closer than `reach` widths s to an atom. With
// steps e1, e2 between nodes and g from the node at the atom's lower left to the atom,
//   exp(-|i e1 + j e2 - g|^2/2s^2) = exp(-g^2/2s^2) exp(g.e1/s^2)^i exp(g.e2/s^2)^j T_ij,
// T depending on the cell only, so that an atom takes three exponentials. Atoms wait in batches,
// so that one's exponentials overlap with another's.
class KernelMap
{
public:
  static constexpr double reach = 6.0;

  KernelMap(const Cell &cell, int nx, int ny, double s);

  // x, y from the cell's origin
  void accumulate(bool upper, double x, double y, double z)
  {
    atoms_.push_back({upper, x, y, z});
    if (atoms_.size() == batch) flush();
  }

  // Adds the sums of a layer to w and wz (one value per node, i running fastest) and clears them.
  void move_to(bool upper, double *w, double *wz);

private:
  static constexpr std::size_t batch = 64;
  struct Atom {
    bool upper;
    double x, y, z;
  };
  struct Place {                  // of a waiting atom
    double gx, gy;                // g of the formula
    int i, j;                     // its node
    double across, along, corner; // exp(g.e1/s^2), exp(g.e2/s^2), weight at the first node
  };
  // The nodes j steps above the atom's: i is counted so that node 0 is `offset` from j hy.
  struct Row {
    int shift;     // of i, from the atom's row; in [0, nx) if x is periodic
    int raise;     // power of exp(g.e1/s^2) that the row has more than others, at least 0
    double offset; // in (-hx, 0]
  };
  // sums of w, then of w z, of a row; there is room for nodes outside, to be folded or dropped
  double *padded(bool upper, int row)
  {
    const auto rows = static_cast<std::size_t>(ny_);
    return padded_.data() + (upper * rows + row) * 2 * width_ + before_;
  }
  void prepare_rows(int whole);
  Place place(const Atom &atom) const;
  void flush();
  void add(const Atom &atom, const Place &place);
  void weigh(const Place &place, int r, int next);

  int nx_, ny_;
  bool periodic_[2];
  double s_, hx_, hy_, tilt_, lean_; // e1 = (hx, 0), e2 = (tilt, hy), lean = tilt less whole hx
  double per_hx_, per_hy_, per_s2_;  // 1/hx, 1/hy, 1/s^2
  int half_, high_;                  // nodes within reach to either side, rows above and below
  int columns_;                      // visited nodes of a row (a multiple of 4)
  int before_, width_;               // a padded row: room before its first node, all of it
  int most_ = 0;                     // largest raise
  bool direct_;                      // powers would overflow: an exponential for every node
  double least_;                     // weight at the reach
  std::vector<Row> rows_;
  std::vector<double> table_, powers_, weights_, padded_;
  std::vector<Atom> atoms_;
  std::vector<Place> places_;
};

} // namespace natrolite

#endif
