// SPDX-License-Identifier: GPL-2.0-only
#include "site_rdf.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace natrolite {

void Centroids::accumulate(const Cell &cell, int set, const Vec3 &position)
{
  const Vec3 d = minimum_image(cell, position - first_[set]);
  const double add[4] = {1.0, d.x, d.y, d.z};
  for (int k = 0; k < 4; k++) sums_[4 * static_cast<std::size_t>(set) + k] += add[k];
}

std::vector<Vec3> Centroids::result() const
{
  std::vector<Vec3> out;
  for (std::size_t set = 0; set < first_.size(); set++) {
    const double *s = sums_.data() + 4 * set;
    if (s[0] > 0.0) out.push_back(first_[set] + (1.0 / s[0]) * Vec3{s[1], s[2], s[3]});
  }
  return out;
}

void SiteRdf::accumulate(const Cell &cell, const Vec3 &ion, const std::vector<Vec3> &sites)
{
  Cell at_zero = cell;
  at_zero.origin = {};
  int n[3];
  for (int k = 0; k < 3; k++)
    n[k] = cell.periodic[k] ? static_cast<int>(std::floor(rcut_ / face_distance(cell, k) + 0.5)) : 0;
  const double bins = static_cast<double>(counts_.size());
  for (const Vec3 &site : sites) {
    Vec3 f = to_fractional(at_zero, site - ion);
    if (cell.periodic[0]) f.x -= std::round(f.x);
    if (cell.periodic[1]) f.y -= std::round(f.y);
    if (cell.periodic[2]) f.z -= std::round(f.z);
    for (int i = -n[0]; i <= n[0]; i++)
      for (int j = -n[1]; j <= n[1]; j++)
        for (int k = -n[2]; k <= n[2]; k++) {
          const double r = norm(to_cartesian(at_zero, f + Vec3{1.0 * i, 1.0 * j, 1.0 * k}));
          if (r >= rcut_) continue;
          const auto bin = static_cast<std::size_t>(r / rcut_ * bins);
          counts_[std::min(bin, counts_.size() - 1)] += 1.0;
        }
  }
}

std::vector<SiteRdf::Row> SiteRdf::result(double ions, double sites, double volume) const
{
  const double width = rcut_ / static_cast<double>(counts_.size());
  std::vector<Row> rows(counts_.size());
  double sum = 0.0;
  for (std::size_t k = 0; k < rows.size(); k++) {
    const double r0 = k * width, r1 = (k + 1) * width;
    const double shell = 4.0 / 3.0 * std::numbers::pi * (r1 * r1 * r1 - r0 * r0 * r0);
    rows[k].r = 0.5 * (r0 + r1);
    sum += counts_[k];
    if (ions <= 0.0 || sites <= 0.0) continue;
    rows[k].g = counts_[k] * volume / (ions * sites * shell);
    rows[k].coordination = sum / ions;
  }
  return rows;
}

}    // namespace natrolite
