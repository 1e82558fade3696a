// SPDX-License-Identifier: GPL-2.0-only
#include "layer_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace natrolite
{

LayerMap::LayerMap(const Cell &cell, const MapSettings &settings) : cell_(cell), settings_(settings)
{
  sums_.assign(static_cast<std::size_t>(Fields) * (2 * nodes() + 2), 0.0);
  if (settings_.mode == MapSettings::Kernel) prepare_kernel();
}

void LayerMap::prepare_kernel()
{
  const double hx = cell_.lx / settings_.nx, hy = cell_.ly / settings_.ny;
  const double tilt = cell_.xy / settings_.ny;
  const double s = settings_.s, reach = MapSettings::reach * s;
  high_ = static_cast<int>(reach / hy) + 2;
  wide_ = static_cast<int>((reach + std::abs(tilt) * high_) / hx) + 3;
  table_.resize(static_cast<std::size_t>(2 * high_ + 1) * (2 * wide_ + 1));
  powers_.resize(2 * wide_ + 1);
  lifts_.resize(2 * high_ + 1);
  std::size_t at = 0;
  for (int j = -high_; j <= high_; j++)
    for (int i = -wide_; i <= wide_; i++, at++) {
      const double x = i * hx + j * tilt, y = j * hy;
      table_[at] = std::exp(-(x * x + y * y) / (2.0 * s * s));
    }
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
  const int node = j * settings_.nx + i;
  field(upper, N)[node] += 1.0;
  if (settings_.mode == MapSettings::Kernel) return add_kernel(upper, x, y, p.z);
  field(upper, W)[node] += 1.0;
  field(upper, WZ)[node] += p.z;
}

// p[i] = first q^i for i = -n..n
static void fill_powers(double *p, int n, double first, double q)
{
  const double inverse = 1.0 / q;
  p[0] = first;
  for (int i = 1; i <= n; i++) {
    p[i] = p[i - 1] * q;
    p[-i] = p[1 - i] * inverse;
  }
}

static void add_row(double *__restrict w, double *__restrict wz, const double *__restrict t,
                    const double *__restrict power, int count, double scale, double z)
{
  for (int k = 0; k < count; k++) {
    const double v = scale * t[k] * power[k];
    w[k] += v;
    wz[k] += v * z;
  }
}

// Nodes repeat with the lattice, so every node index within reach is one image of a node. With d
// the vector from the atom to its nearest node, |d + i e1 + j e2|^2 splits into a table of i, j,
// powers in i and in j, and one number per atom: few exponentials.
void LayerMap::add_kernel(bool upper, double x, double y, double z)
{
  const int nx = settings_.nx, ny = settings_.ny;
  const double hx = cell_.lx / nx, hy = cell_.ly / ny, tilt = cell_.xy / ny;
  const double s = settings_.s, reach = MapSettings::reach * s, per = 1.0 / (s * s);
  const int jn = static_cast<int>(std::floor(y / hy));
  const int in = static_cast<int>(std::floor((x - (jn + 0.5) * tilt) / hx));
  const double dx = (in + 0.5) * hx + (jn + 0.5) * tilt - x, dy = (jn + 0.5) * hy - y;
  const double px = std::exp(-hx * dx * per), py = std::exp(-(tilt * dx + hy * dy) * per);
  const double here = std::exp(-0.5 * (dx * dx + dy * dy) * per);
  const bool direct = hx + hy > 20.0 * s; // powers would overflow
  double *power = powers_.data() + wide_, *lift = lifts_.data() + high_;
  fill_powers(power, direct ? 0 : wide_, 1.0, px);
  fill_powers(lift, direct ? 0 : high_, here, py);
  for (int j = -high_; j <= high_; j++) {
    if (!cell_.periodic[1] && (jn + j < 0 || jn + j >= ny)) continue;
    const double ry = dy + j * hy, left = reach * reach - ry * ry, rx = dx + j * tilt;
    if (left < 0.0) continue;
    const double half = std::sqrt(left);
    int i0 = static_cast<int>(std::ceil((-half - rx) / hx));
    int i1 = static_cast<int>(std::floor((half - rx) / hx));
    if (!cell_.periodic[0]) i0 = std::max(i0, -in), i1 = std::min(i1, nx - 1 - in);
    const double *t = table_.data() + static_cast<std::size_t>(j + high_) * (2 * wide_ + 1) + wide_;
    const double scale = direct ? 0.0 : lift[j];
    const std::size_t row = static_cast<std::size_t>(wrapped(jn + j, ny)) * nx;
    double *w = field(upper, W) + row, *wz = field(upper, WZ) + row;
    for (int i = i0; i <= i1;) {
      const int at = wrapped(in + i, nx), count = std::min(nx - at, i1 - i + 1);
      if (direct)
        for (int k = 0; k < count; k++) {
          const double d = rx + (i + k) * hx, v = std::exp(-0.5 * per * (d * d + ry * ry));
          w[at + k] += v;
          wz[at + k] += v * z;
        }
      else
        add_row(w + at, wz + at, t + i, power + i, count, scale, z);
      i += count;
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
    const double hx = cell_.lx / (nx - 1), row = cell_.xy * j / (ny - 1);
    const int i0 = std::max(0, static_cast<int>(std::floor((x - half - row) / hx)));
    const int i1 = std::min(nx - 1, static_cast<int>(std::ceil((x + half - row) / hx)));
    for (int i = i0; i <= i1; i++) {
      const double node = cell_.lx * i / (nx - 1) + row;
      if (std::abs(x - node) > half) continue;
      const int at = j * nx + i;
      field(upper, W)[at] += 1.0;
      field(upper, WZ)[at] += z;
      field(upper, N)[at] += 1.0;
    }
  }
}

double LayerMap::height(bool upper, int node) const
{
  const double *all = total(upper), w = field(upper, W)[node];
  if (w > 0.0) return field(upper, WZ)[node] / w;
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
    n.lower_count = field(false, N)[k];
    n.upper_count = field(true, N)[k];
    const bool empty = n.lower_count == 0.0 && n.upper_count == 0.0;
    const double lower = node_mode && empty ? highest_lower_ : height(false, k);
    n.gap = height(true, k) - lower;
  }
  return out;
}

} // namespace natrolite
