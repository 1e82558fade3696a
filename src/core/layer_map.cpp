// SPDX-License-Identifier: GPL-2.0-only
#include "layer_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace natrolite {

LayerMap::LayerMap(const Cell &cell, const MapSettings &settings) : cell_(cell), settings_(settings)
{
  sums_.assign(static_cast<std::size_t>(Fields) * (2 * nodes() + 2), 0.0);
}

static int wrapped(int i, int n)
{
  const int r = i % n;
  return r < 0 ? r + n : r;
}

void LayerMap::accumulate(bool upper, const Vec3 &p)
{
  // lattice coordinates in the plane of a and b, wrapped where periodic
  double v = (p.y - cell_.origin.y) / cell_.ly;
  double u = (p.x - cell_.origin.x - cell_.xy * v) / cell_.lx;
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
  double *cell = field(upper, j * settings_.nx + i);
  cell[N] += 1.0;
  if (settings_.mode == MapSettings::Kernel) return add_kernel(upper, x, y, p.z);
  cell[W] += 1.0;
  cell[WZ] += p.z;
}

// Nodes repeat with the lattice, so every node index within reach is one image of a node.
void LayerMap::add_kernel(bool upper, double x, double y, double z)
{
  const int nx = settings_.nx, ny = settings_.ny;
  const double hx = cell_.lx / nx, hy = cell_.ly / ny, tilt = cell_.xy / ny;
  const double s = settings_.s, reach = MapSettings::reach * s;
  const double ratio_step = std::exp(-hx * hx / (s * s));
  const int j0 = static_cast<int>(std::ceil((y - reach) / hy - 0.5));
  const int j1 = static_cast<int>(std::floor((y + reach) / hy - 0.5));
  for (int j = j0; j <= j1; j++) {
    if (!cell_.periodic[1] && (j < 0 || j >= ny)) continue;
    const double dy = (j + 0.5) * hy - y;
    const double left = reach * reach - dy * dy;
    if (left < 0.0) continue;
    const double half = std::sqrt(left), x0 = (j + 0.5) * tilt - x;
    int i0 = static_cast<int>(std::ceil((-half - x0) / hx - 0.5));
    int i1 = static_cast<int>(std::floor((half - x0) / hx - 0.5));
    if (!cell_.periodic[0]) i0 = std::max(i0, 0), i1 = std::min(i1, nx - 1);
    if (i0 > i1) continue;
    // exp(-d^2/2s^2) along the row by recurrence
    const double dx = (i0 + 0.5) * hx + x0;
    double w = std::exp(-(dx * dx + dy * dy) / (2.0 * s * s));
    double ratio = std::exp(-(2.0 * dx * hx + hx * hx) / (2.0 * s * s));
    double *row = field(upper, wrapped(j, ny) * nx);
    for (int i = i0, at = wrapped(i0, nx); i <= i1; i++, at = at + 1 == nx ? 0 : at + 1) {
      row[Fields * at + W] += w;
      row[Fields * at + WZ] += w * z;
      w *= ratio;
      ratio *= ratio_step;
    }
  }
}

void LayerMap::add_windows(bool upper, double x, double y, double z)
{
  const int nx = settings_.nx, ny = settings_.ny;
  const double half = 0.5 * cell_.lx / (nx - 1), hy = cell_.ly / (ny - 1);
  const int j0 = std::max(0, static_cast<int>(std::floor((y - half) / hy)));
  const int j1 = std::min(ny - 1, static_cast<int>(std::ceil((y + half) / hy)));
  for (int j = j0; j <= j1; j++) {
    if (std::abs(y - cell_.ly * j / (ny - 1)) > half) continue;
    for (int i = 0; i < nx; i++) {
      const double node = cell_.lx * i / (nx - 1) + cell_.xy * j / (ny - 1);
      if (std::abs(x - node) > half) continue;
      double *f = field(upper, j * nx + i);
      f[W] += 1.0;
      f[WZ] += z;
      f[N] += 1.0;
    }
  }
}

double LayerMap::height(bool upper, int node) const
{
  const double *f = field(upper, node), *all = total(upper);
  if (f[W] > 0.0) return f[WZ] / f[W];
  if (settings_.mode == MapSettings::Bin) return std::numeric_limits<double>::quiet_NaN();
  return all[W] > 0.0 ? all[WZ] / all[W] : 0.0;
}

std::vector<MapNode> LayerMap::result() const
{
  const int nx = settings_.nx, ny = settings_.ny;
  const bool node_mode = settings_.mode == MapSettings::Node;
  std::vector<MapNode> out(nodes());
  for (int k = 0; k < nodes(); k++) {
    const double u = node_mode ? double(k % nx) / (nx - 1) : (k % nx + 0.5) / nx;
    const double v = node_mode ? double(k / nx) / (ny - 1) : (k / nx + 0.5) / ny;
    MapNode &n = out[k];
    n.x = cell_.origin.x + cell_.lx * u + cell_.xy * v;
    n.y = cell_.origin.y + cell_.ly * v;
    n.lower_count = field(false, k)[N];
    n.upper_count = field(true, k)[N];
    const bool empty = n.lower_count == 0.0 && n.upper_count == 0.0;
    const double lower = node_mode && empty ? highest_lower_ : height(false, k);
    n.gap = height(true, k) - lower;
  }
  return out;
}

}    // namespace natrolite
