// SPDX-License-Identifier: GPL-2.0-only
#include "layers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace natrolite {

Layer finish_layer(const LayerSums &sums, const Vec3 &reference)
{
  const double *s = sums.data();
  Layer layer;
  layer.center = reference;
  if (s[0] <= 0.0) return layer;
  const double mx = s[1] / s[0], my = s[2] / s[0], mz = s[3] / s[0];
  layer.center = reference + Vec3{mx, my, mz};
  const double cxx = s[4] / s[0] - mx * mx, cxy = s[5] / s[0] - mx * my;
  const double cyy = s[6] / s[0] - my * my, cxz = s[7] / s[0] - mx * mz;
  const double cyz = s[8] / s[0] - my * mz, czz = s[9] / s[0] - mz * mz;
  const double det = cxx * cyy - cxy * cxy;
  const double scale = cxx + cyy;
  if (det > 1e-10 * scale * scale) {
    layer.ax = (cxz * cyy - cyz * cxy) / det;
    layer.ay = (cyz * cxx - cxz * cxy) / det;
  }
  const double residual = czz - layer.ax * cxz - layer.ay * cyz;
  const double cosine2 = 1.0 / (1.0 + layer.ax * layer.ax + layer.ay * layer.ay);
  // below rounding of the sums a flat layer is flat
  const double floor = 1e-14 * (czz + mz * mz);
  layer.corrugation = residual > floor ? std::sqrt(residual * cosine2) : 0.0;
  return layer;
}

static Vec3 plane_normal(const Layer &p)
{
  const double n = 1.0 / std::sqrt(1.0 + p.ax * p.ax + p.ay * p.ay);
  return {-p.ax * n, -p.ay * n, n};
}

// angle of two unit vectors, exact also for nearly parallel ones
static double angle_between(const Vec3 &a, const Vec3 &b)
{
  return 2.0 * std::atan2(norm(a - b), norm(a + b));
}

Gap gap_between(const Cell &cell, const Layer &lower, const Layer &upper)
{
  Gap g;
  Vec3 d = upper.center - lower.center;
  if (cell.periodic[2]) {
    const double n = std::round((into_period(d.z, cell.lz) - d.z) / cell.lz);
    d = d + n * Vec3{cell.xz, cell.yz, cell.lz};
    d.z = into_period(d.z, cell.lz);
  }
  Cell lateral = cell;
  lateral.periodic[2] = false;
  d = minimum_image(lateral, d);
  g.normal = d.z;
  // both planes above the midpoint of the two centers
  const double rise = 0.5 * ((lower.ax + upper.ax) * d.x + (lower.ay + upper.ay) * d.y);
  const Vec3 nl = plane_normal(lower), nu = plane_normal(upper);
  const Vec3 mean = nl + nu;
  g.perpendicular = (d.z - rise) * mean.z / norm(mean);
  g.tilt = angle_between(nl, nu) * 180.0 / std::numbers::pi;
  g.lower_corrugation = lower.corrugation;
  g.upper_corrugation = upper.corrugation;
  return g;
}

std::vector<Gap> gaps(const Cell &cell, const std::vector<Layer> &layers, bool closing)
{
  std::vector<Gap> out;
  for (std::size_t k = 0; k + 1 < layers.size(); k++)
    out.push_back(gap_between(cell, layers[k], layers[k + 1]));
  if (closing && layers.size() > 1) out.push_back(gap_between(cell, layers.back(), layers.front()));
  return out;
}

double HeightClusters::bins(double lowest, double highest, double gap)
{
  return highest < lowest ? 0.0 : (highest - lowest) / (0.5 * gap) + 1.0;
}

HeightClusters::HeightClusters(double lowest, double highest, double gap) : lowest_(lowest), gap_(gap)
{
  const auto n = static_cast<std::size_t>(bins(lowest, highest, gap));
  lows_.assign(n, std::numeric_limits<double>::max());
  highs_.assign(n, std::numeric_limits<double>::lowest());
}

void HeightClusters::accumulate(double z)
{
  const auto bin = std::min(lows_.size() - 1, static_cast<std::size_t>((z - lowest_) / (0.5 * gap_)));
  lows_[bin] = std::min(lows_[bin], z);
  highs_[bin] = std::max(highs_[bin], z);
}

void HeightClusters::finish(double period)
{
  tops_.clear();
  for (std::size_t k = 0; k < lows_.size(); k++) {
    if (highs_[k] < lows_[k]) continue;
    if (tops_.empty() || lows_[k] - tops_.back() > gap_)
      tops_.push_back(highs_[k]);
    else
      tops_.back() = highs_[k];
  }
  // no empty stretch over the face: the lowest atoms belong to the highest layer
  over_face_ = period > 0.0 && tops_.size() > 1 && lows_[0] + period - tops_.back() <= gap_;
}

int HeightClusters::layer(double z) const
{
  const auto k =
      static_cast<int>(std::lower_bound(tops_.begin(), tops_.end(), z) - tops_.begin()) - over_face_;
  return k < 0 ? count() - 1 : k;
}

}    // namespace natrolite
