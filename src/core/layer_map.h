// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "kernel_map.h"

#include <memory>
#include <vector>

namespace natrolite {

struct MapSettings {
  enum Mode { Kernel, Bin, Node };
  Mode mode = Kernel;
  int nx = 1, ny = 1;
  double s = 1.5;    ///< width of the Gaussian
};

struct MapNode {
  double x = 0.0, y = 0.0, gap = 0.0;
  double lower_count = 0.0, upper_count = 0.0;
};

/// A position moved by whole periods along c to the image next to a height, if z is periodic.
Vec3 next_to_height(const Cell &cell, const Vec3 &position, double z);

/// Whole periods by which a layer is to be lifted that lies `rise` above another one, so that it is above it
/// by less than one period; nothing if z is not periodic.
Vec3 lift_above(const Cell &cell, double rise);

/// Mean heights of two layers: sums that add up over ranks.
struct LayerHeights {
  std::vector<double> sums = std::vector<double>(4, 0.0);    ///< number and sum, lower and upper
  void add(bool upper, double z)
  {
    sums[2 * upper] += 1.0;
    sums[2 * upper + 1] += z;
  }
  /// of the upper mean above the lower one; NaN if a layer has no atoms
  double rise() const { return sums[3] / sums[2] - sums[1] / sums[0]; }
};

/// A map of the gap between two layers on nx x ny nodes, x running fastest. Positions carry heights
/// that are whole within a layer, the upper layer above the lower one. Sums add up over ranks.
class LayerMap {
public:
  LayerMap(const Cell &cell, const MapSettings &settings);

  /// atoms wait in batches
  void accumulate(bool upper, const Vec3 &position)
  {
    if (waiting_.count == AtomBatch::size || waiting_.upper != upper) flush();
    waiting_.upper = upper;
    const int k = waiting_.count++;
    waiting_.x[k] = position.x - cell_.origin.x;
    waiting_.y[k] = position.y - cell_.origin.y;
    waiting_.z[k] = position.z;
  }

  /// after the last atom
  std::vector<double> &sums();                          ///< to be added over ranks
  double &highest_lower() { return highest_lower_; }    // to be maximized over ranks

  /// Bin: the gap of a cell without lower or upper atoms is NaN. Kernel: a node that no atom of a
  /// layer reaches takes that layer's mean. Node: the published recipe (see the command's page).
  std::vector<MapNode> result();

private:
  enum { W, WZ, N, Fields };    ///< weights (kernel alone), weighted heights, number
  int nodes() const { return settings_.nx * settings_.ny; }
  /// one value per node: [layer][field][node]
  double *field(bool upper, int f)
  {
    return sums_.data() + (Fields * upper + f) * static_cast<std::size_t>(nodes());
  }
  const double *field(bool upper, int f) const
  {
    return sums_.data() + (Fields * upper + f) * static_cast<std::size_t>(nodes());
  }
  const double *total(bool upper) const { return sums_.data() + Fields * (2 * nodes() + upper); }
  void flush();
  void prepare_windows();
  void add_windows(bool upper, double x, double y, double z);
  std::vector<double> heights(bool upper) const;

  Cell cell_;
  MapSettings settings_;
  Vec3 inv_;    ///< 1/lx, 1/ly
  AtomBatch waiting_;
  std::vector<double> sums_;
  double highest_lower_ = -1e300;
  std::unique_ptr<KernelMap> kernel_;
  double half_ = 0.0;    ///< Node: half the side of a window, and the nodes
  std::vector<double> node_x_, node_y_, row_shift_;
};

}    // namespace natrolite
