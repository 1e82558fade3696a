// SPDX-License-Identifier: GPL-2.0-only
#include "layer_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace natrolite
{

LayerMap::LayerMap(const Cell &cell, const MapSettings &settings)
    : cell_(cell), settings_(settings), per_{1.0 / cell.lx, 1.0 / cell.ly, 0.0}
{
  sums_.assign(static_cast<std::size_t>(Fields) * (2 * nodes() + 2), 0.0);
  if (settings_.mode == MapSettings::Kernel)
    kernel_ = std::make_unique<KernelMap>(cell, settings.nx, settings.ny, settings.s);
  if (settings_.mode == MapSettings::Node) prepare_windows();
}

std::vector<double> &LayerMap::sums()
{
  if (kernel_)
    for (const bool upper : {false, true})
      kernel_->move_to(upper, field(upper, W), field(upper, WZ));
  return sums_;
}

void LayerMap::accumulate(bool upper, const Vec3 &p)
{
  // lattice coordinates in the plane of a and b, wrapped where periodic
  double v = (p.y - cell_.origin.y) * per_.y;
  double u = (p.x - cell_.origin.x - cell_.xy * v) * per_.x;
  if (cell_.periodic[1]) v = into_period(v, 1.0);
  if (cell_.periodic[0]) u = into_period(u, 1.0);
  const double x = cell_.lx * u + cell_.xy * v, y = cell_.ly * v;

  double *sum = sums_.data() + Fields * (2 * nodes() + upper);
  sum[W] += 1.0;
  sum[WZ] += p.z;
  if (!upper) highest_lower_ = std::max(highest_lower_, p.z);
  if (settings_.mode == MapSettings::Node) return add_windows(upper, x, y, p.z);

  const int i = std::clamp(static_cast<int>(u * settings_.nx), 0, settings_.nx - 1);
  const int j = std::clamp(static_cast<int>(v * settings_.ny), 0, settings_.ny - 1);
  const int node = j * settings_.nx + i;
  field(upper, N)[node] += 1.0;
  if (kernel_) return kernel_->accumulate(upper, x, y, p.z);
  field(upper, WZ)[node] += p.z;
}

void LayerMap::prepare_windows()
{
  const int nx = settings_.nx, ny = settings_.ny;
  half_ = 0.5 * cell_.lx / (nx - 1);
  for (int i = 0; i < nx; i++) node_x_.push_back(cell_.lx * i / (nx - 1));
  for (int j = 0; j < ny; j++) node_y_.push_back(cell_.ly * j / (ny - 1));
  for (int j = 0; j < ny; j++) lean_.push_back(cell_.xy * j / (ny - 1));
}

// the first and last index at or next to which a node lies in lo..hi, nodes being `step` apart
static std::pair<int, int> nodes_between(double lo, double hi, double per_step, int n)
{
  const double top = n - 1;
  return {static_cast<int>(std::clamp(lo * per_step - 1e-6, 0.0, top)),
          static_cast<int>(std::clamp(hi * per_step + 1e-6, 0.0, top))};
}

void LayerMap::add_windows(bool upper, double x, double y, double z)
{
  const int nx = settings_.nx, ny = settings_.ny;
  const auto [j0, j1] = nodes_between(y - half_, y + half_, per_.y * (ny - 1), ny);
  for (int j = j0; j <= j1; j++) {
    if (std::abs(y - node_y_[j]) > half_) continue;
    const double left = x - lean_[j];
    const auto [i0, i1] = nodes_between(left - half_, left + half_, per_.x * (nx - 1), nx);
    for (int i = i0; i <= i1; i++) {
      if (std::abs(left - node_x_[i]) > half_) continue;
      const int at = j * nx + i;
      field(upper, WZ)[at] += z;
      field(upper, N)[at] += 1.0;
    }
  }
}

double LayerMap::height(bool upper, int node) const
{
  const double *all = total(upper), w = field(upper, kernel_ ? W : N)[node];
  if (w > 0.0) return field(upper, WZ)[node] / w;
  if (settings_.mode == MapSettings::Bin) return std::numeric_limits<double>::quiet_NaN();
  return all[W] > 0.0 ? all[WZ] / all[W] : 0.0;
}

std::vector<MapNode> LayerMap::result()
{
  sums();
  const int nx = settings_.nx, ny = settings_.ny;
  const bool node_mode = settings_.mode == MapSettings::Node;
  std::vector<MapNode> out(nodes());
  for (int k = 0; k < nodes(); k++) {
    const double u = node_mode ? double(k % nx) / (nx - 1) : (k % nx + 0.5) / nx;
    const double v = node_mode ? double(k / nx) / (ny - 1) : (k / nx + 0.5) / ny;
    MapNode &n = out[k];
    n.x = cell_.origin.x + cell_.lx * u + cell_.xy * v;
    n.y = cell_.origin.y + cell_.ly * v;
    n.lower_count = field(false, N)[k];
    n.upper_count = field(true, N)[k];
    const bool empty = n.lower_count == 0.0 && n.upper_count == 0.0;
    const double lower = node_mode && empty ? highest_lower_ : height(false, k);
    n.gap = height(true, k) - lower;
  }
  return out;
}

} // namespace natrolite
