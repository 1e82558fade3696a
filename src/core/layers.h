// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cell.h"

#include <vector>

namespace natrolite {

/// Weighted sums over the atoms of one layer, relative to a reference atom of that layer; they add
/// up over ranks (size doubles), so the parts are summed before the result is asked for.
class LayerSums {
public:
  static constexpr int size = 10;    ///< w, wx, wy, wz, wxx, wxy, wyy, wxz, wyz, wzz

  /// d: position minus that of the reference atom, as a minimum image.
  NATROLITE_INLINE_FUNCTION void accumulate(const Vec3 &d, double weight)
  {
    const double terms[size] = {1.0,       d.x,       d.y,       d.z,       d.x * d.x,
                                d.x * d.y, d.y * d.y, d.x * d.z, d.y * d.z, d.z * d.z};
    for (int k = 0; k < size; k++) s_[k] += weight * terms[k];
  }
  NATROLITE_INLINE_FUNCTION void operator+=(const LayerSums &other)
  {
    for (int k = 0; k < size; k++) s_[k] += other.s_[k];
  }
  double *data() { return s_; }
  const double *data() const { return s_; }

private:
  double s_[size] = {};
};

/// A layer: its weighted center and its least-squares plane z = center.z + ax (x - cx) + ay (y -
/// cy). Fewer than three atoms, or atoms on a line: a horizontal plane.
struct Layer {
  Vec3 center;
  double ax = 0.0, ay = 0.0;
  double corrugation = 0.0;    ///< RMS perpendicular distance from the plane
};

Layer finish_layer(const LayerSums &sums, const Vec3 &reference);

struct Gap {
  double normal = 0.0;           ///< along z, in [0, lz) if z is periodic
  double perpendicular = 0.0;    ///< between the planes, along the mean normal
  double tilt = 0.0;             ///< angle between the planes, degrees
  double lower_corrugation = 0.0, upper_corrugation = 0.0;
};

Gap gap_between(const Cell &cell, const Layer &lower, const Layer &upper);

/// Gaps of consecutive layers; `closing` adds the one from the last over the face to the first.
std::vector<Gap> gaps(const Cell &cell, const std::vector<Layer> &layers, bool closing);

/// One-dimensional clustering of heights: a new layer starts after every empty stretch longer than
/// `gap`. No list of all heights is needed: an empty stretch never lies within a bin of half a gap,
/// so the lowest and the highest height of every bin are enough, and these are combined over ranks.
class HeightClusters {
public:
  /// All heights lie in [lowest, highest].
  HeightClusters(double lowest, double highest, double gap);
  /// How many bins this takes, not rounded.
  static double bins(double lowest, double highest, double gap);

  void accumulate(double z);
  std::vector<double> &lows() { return lows_; }      // of every bin; over ranks: the minimum
  std::vector<double> &highs() { return highs_; }    // over ranks: the maximum

  /// When all heights are in: finds the layers. With a period (not 0) the stretch over the face
  /// counts as well.
  void finish(double period);
  int count() const { return static_cast<int>(tops_.size()) - over_face_; }
  /// The layer of one of the heights: 0, 1, ... from low to high; one across the face is the
  /// highest.
  int layer(double z) const;

private:
  double lowest_, gap_;
  std::vector<double> lows_, highs_;
  std::vector<double> tops_;    ///< highest height of every stretch of atoms
  int over_face_ = 0;           ///< 1: the lowest stretch belongs to the highest layer
};

}    // namespace natrolite
