// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cell.h"

#include <vector>

namespace natrolite {

/// Centroids of sets of atoms: means of the images next to one atom of each set.
class Centroids {
public:
  explicit Centroids(const std::vector<Vec3> &first) : first_(first), sums_(4 * first.size(), 0.0) {}

  void accumulate(const Cell &cell, int set, const Vec3 &position);
  std::vector<double> &sums() { return sums_; }    // to be added over ranks
  std::vector<Vec3> result() const;                ///< of the sets that have atoms

private:
  std::vector<Vec3> first_;
  std::vector<double> sums_;    ///< number, x, y, z of each set
};

/// Radial distribution of sites around ions, all periodic images within rcut, also if rcut is longer
/// than the cell. A distance r counts in bin floor(r/width) if r < rcut.
class SiteRdf {
public:
  SiteRdf(int bins, double rcut) : rcut_(rcut), counts_(bins, 0.0) {}

  void accumulate(const Cell &cell, const Vec3 &ion, const std::vector<Vec3> &sites);
  std::vector<double> &counts() { return counts_; }    // to be added over ranks

  struct Row {
    double r = 0.0, g = 0.0, coordination = 0.0;
  };
  /// g(r) = counts / (ions x sites/volume x shell volume); the coordination up to the bin's outer
  /// edge
  std::vector<Row> result(double ions, double sites, double volume) const;

private:
  double rcut_;
  std::vector<double> counts_;
};

}    // namespace natrolite
