// SPDX-License-Identifier: GPL-2.0-only
#include "layer_map.h"

#include "double4.h"
#include "macros.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace natrolite {

Vec3 next_to_height(const Cell &cell, const Vec3 &position, double z)
{
  const double n = cell.periodic[2] ? periods(position.z - z, cell.lz) : 0.0;
  return position - n * Vec3{cell.xz, cell.yz, cell.lz};
}

Vec3 lift_above(const Cell &cell, double rise)
{
  if (!cell.periodic[2]) return {};
  return std::round((into_period(rise, cell.lz) - rise) / cell.lz) * Vec3{cell.xz, cell.yz, cell.lz};
}

LayerMap::LayerMap(const Cell &cell, const MapSettings &settings) :
    cell_(cell), settings_(settings), inv_{1.0 / cell.lx, 1.0 / cell.ly, 0.0}
{
  sums_.assign(static_cast<std::size_t>(Fields) * (2 * nodes() + 2), 0.0);
  if (settings_.mode == MapSettings::Kernel)
    kernel_ = std::make_unique<KernelMap>(cell, settings.nx, settings.ny, settings.s);
  if (settings_.mode == MapSettings::Node) prepare_windows();
}

std::vector<double> &LayerMap::sums()
{
  flush();
  if (kernel_)
    for (const bool upper : {false, true}) kernel_->move_to(upper, field(upper, W), field(upper, WZ));
  return sums_;
}

// Wraps the positions where the cell is periodic; cells[k] becomes the bin of atom k.
NATROLITE_TARGET_CLONES static void wrap(const Cell &cell, const Vec3 &inv, int nx, int ny, AtomBatch &atoms,
                                         int *cells)
{
  const double lx = cell.lx, ly = cell.ly, xy = cell.xy, inv_x = inv.x, inv_y = inv.y;
  const double along_x = cell.periodic[0], along_y = cell.periodic[1];    // 0 or 1
  for (int k = 0; k < atoms.count; k += 4) {
    Double4 v = as_double4(atoms.y + k).v * inv_y, around_v = v;
    Double4 u = (as_double4(atoms.x + k).v - xy * v) * inv_x, around_u = u;
    floor_in_place(around_v);
    floor_in_place(around_u);
    v -= around_v * along_y;    // at most 1, where it is rounded
    u -= around_u * along_x;
    as_double4(atoms.x + k).v = lx * u + xy * v;
    as_double4(atoms.y + k).v = ly * v;
    u *= static_cast<double>(nx);
    v *= static_cast<double>(ny);
    clamp_in_place(u, 0.0, nx - 1);
    clamp_in_place(v, 0.0, ny - 1);
    for (int m = 0; m < 4; m++) cells[k + m] = static_cast<int>(v[m]) * nx + static_cast<int>(u[m]);
  }
}

void LayerMap::flush()
{
  const bool upper = waiting_.upper;
  const int count = waiting_.count;
  int cells[AtomBatch::size];
  wrap(cell_, inv_, settings_.nx, settings_.ny, waiting_, cells);
  double height = 0.0, highest = highest_lower_;
  for (int k = 0; k < count; k++) {
    height += waiting_.z[k];
    if (!upper) highest = std::max(highest, waiting_.z[k]);
  }
  highest_lower_ = highest;
  double *sum = sums_.data() + Fields * (2 * nodes() + upper);
  sum[W] += count;
  sum[WZ] += height;
  double *number = field(upper, N), *heights = field(upper, WZ);
  switch (settings_.mode) {
  case MapSettings::Kernel:
    for (int k = 0; k < count; k++) number[cells[k]] += 1.0;
    kernel_->accumulate(waiting_);
    break;
  case MapSettings::Bin:
    for (int k = 0; k < count; k++) {
      number[cells[k]] += 1.0;
      heights[cells[k]] += waiting_.z[k];
    }
    break;
  case MapSettings::Node:
    for (int k = 0; k < count; k++) add_windows(upper, waiting_.x[k], waiting_.y[k], waiting_.z[k]);
  }
  waiting_.count = 0;
}

void LayerMap::prepare_windows()
{
  const int nx = settings_.nx, ny = settings_.ny;
  half_ = 0.5 * cell_.lx / (nx - 1);
  for (int i = 0; i < nx; i++) node_x_.push_back(cell_.lx * i / (nx - 1));
  for (int j = 0; j < ny; j++) node_y_.push_back(cell_.ly * j / (ny - 1));
  for (int j = 0; j < ny; j++) row_shift_.push_back(cell_.xy * j / (ny - 1));
}

// the first and last index at or next to which a node lies in lo..hi, nodes being `step` apart
static std::pair<int, int> nodes_between(double lo, double hi, double inv_step, int n)
{
  const double top = n - 1;
  return {static_cast<int>(std::clamp(lo * inv_step - 1e-6, 0.0, top)),
          static_cast<int>(std::clamp(hi * inv_step + 1e-6, 0.0, top))};
}

void LayerMap::add_windows(bool upper, double x, double y, double z)
{
  const int nx = settings_.nx, ny = settings_.ny;
  const auto [j0, j1] = nodes_between(y - half_, y + half_, inv_.y * (ny - 1), ny);
  for (int j = j0; j <= j1; j++) {
    if (std::abs(y - node_y_[j]) > half_) continue;
    const double left = x - row_shift_[j];
    const auto [i0, i1] = nodes_between(left - half_, left + half_, inv_.x * (nx - 1), nx);
    for (int i = i0; i <= i1; i++) {
      if (std::abs(left - node_x_[i]) > half_) continue;
      const int at = j * nx + i;
      field(upper, WZ)[at] += z;
      field(upper, N)[at] += 1.0;
    }
  }
}

std::vector<double> LayerMap::heights(bool upper) const
{
  const double *all = total(upper), *w = field(upper, kernel_ ? W : N), *wz = field(upper, WZ);
  const double mean = all[W] > 0.0 ? all[WZ] / all[W] : 0.0;
  const double none = settings_.mode == MapSettings::Bin ? std::numeric_limits<double>::quiet_NaN() : mean;
  std::vector<double> out(nodes());
  for (std::size_t k = 0; k < out.size(); k++) out[k] = w[k] > 0.0 ? wz[k] / w[k] : none;
  return out;
}

std::vector<MapNode> LayerMap::result()
{
  sums();
  const int nx = settings_.nx, ny = settings_.ny;
  const bool node_mode = settings_.mode == MapSettings::Node;
  const double first = node_mode ? 0.0 : 0.5, intervals = node_mode ? 1.0 : 0.0;
  const double step_u = 1.0 / (nx - intervals), step_v = 1.0 / (ny - intervals);
  const std::vector<double> lower = heights(false), upper = heights(true);
  const double *lower_count = field(false, N), *upper_count = field(true, N);
  std::vector<MapNode> out(nodes());
  for (int j = 0, k = 0; j < ny; j++) {
    const double v = (j + first) * step_v, y = cell_.origin.y + cell_.ly * v;
    const double left = cell_.origin.x + cell_.xy * v;
    for (int i = 0; i < nx; i++, k++) {
      const bool empty = node_mode && lower_count[k] == 0.0 && upper_count[k] == 0.0;
      out[k] = {left + cell_.lx * (i + first) * step_u, y, upper[k] - (empty ? highest_lower_ : lower[k]),
                lower_count[k], upper_count[k]};
    }
  }
  return out;
}

}    // namespace natrolite
