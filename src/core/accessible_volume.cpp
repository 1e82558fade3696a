// SPDX-License-Identifier: GPL-2.0-only
#include "accessible_volume.h"

#include "random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace natrolite {

static double sphere_volume(double r)
{
  return 4.0 / 3.0 * std::numbers::pi * r * r * r;
}

AccessibleVolume::AccessibleVolume(double rs, double spacing, bool connected) :
    rs_(rs), h_(spacing), connected_(connected), half_(static_cast<int>(rs / spacing + 1e-12) + 1),
    side_(2 * half_ + 1)
{
  const std::size_t nodes = static_cast<std::size_t>(side_) * side_ * side_;
  inside_.assign(nodes, 0);
  std::size_t at = 0;
  for (int k = -half_; k <= half_; k++)
    for (int j = -half_; j <= half_; j++)
      for (int i = -half_; i <= half_; i++, at++) {
        const double d2 = h_ * h_ * (static_cast<double>(i) * i + j * j + k * k);
        if (d2 > rs_ * rs_ * (1.0 + 1e-12)) continue;
        inside_[at] = 1;
        inside_count_++;
        if (d2 <= 1.0 + 1e-12) seeds_.emplace_back(d2, static_cast<std::int64_t>(at));
      }
  std::stable_sort(seeds_.begin(), seeds_.end(),
                   [](const auto &a, const auto &b) { return a.first < b.first; });
}

void AccessibleVolume::carve(const Sphere &s)
{
  const auto first = [&](double c) {
    return std::max(-half_, static_cast<int>(std::floor((c - s.radius) / h_)));
  };
  const auto last = [&](double c) {
    return std::min(half_, static_cast<int>(std::ceil((c + s.radius) / h_)));
  };
  const double r2 = s.radius * s.radius;
  const int i0 = first(s.center.x), i1 = last(s.center.x);
  for (int k = first(s.center.z); k <= last(s.center.z); k++) {
    const double dz = h_ * k - s.center.z;
    for (int j = first(s.center.y); j <= last(s.center.y); j++) {
      const double dy = h_ * j - s.center.y;
      const double rest = dy * dy + dz * dz;
      if (rest >= r2) continue;
      unsigned char *row =
          free_.data() + (static_cast<std::size_t>(k + half_) * side_ + (j + half_)) * side_ + half_;
      for (int i = i0; i <= i1; i++) {
        const double dx = h_ * i - s.center.x;
        row[i] = dx * dx + rest < r2 ? 0 : row[i];
      }
    }
  }
}

std::int64_t AccessibleVolume::flood()
{
  const auto start =
      std::find_if(seeds_.begin(), seeds_.end(), [&](const auto &s) { return free_[s.second] != 0; });
  if (start == seeds_.end()) return 0;
  const std::int64_t steps[] = {1, side_, static_cast<std::int64_t>(side_) * side_};
  stack_.assign(1, start->second);
  free_[start->second] = 0;
  std::int64_t count = 0;
  while (!stack_.empty()) {
    const std::int64_t node = stack_.back();
    stack_.pop_back();
    count++;
    // nodes on the border of the grid lie outside the probe sphere: no range checks
    for (const std::int64_t step : steps)
      for (const std::int64_t next : {node - step, node + step})
        if (free_[next]) {
          free_[next] = 0;
          stack_.push_back(next);
        }
  }
  return count;
}

AccessibleResult AccessibleVolume::evaluate(const std::vector<Sphere> &spheres)
{
  free_ = inside_;
  for (const Sphere &s : spheres)
    if (s.radius > 0.0) carve(s);
  std::int64_t count = 0;
  if (connected_)
    count = flood();
  else
    for (const unsigned char f : free_) count += f;
  AccessibleResult out;
  out.fraction = static_cast<double>(count) / static_cast<double>(inside_count_);
  out.volume = out.fraction * sphere_volume(rs_);
  return out;
}

AccessibleResult accessible_volume_monte_carlo(double rs, const std::vector<Sphere> &spheres, int n,
                                               std::uint64_t seed, std::uint64_t key)
{
  std::int64_t count = 0;
  for (int t = 0; t < n; t++) {
    const std::uint64_t c = 3 * static_cast<std::uint64_t>(t);
    const double r = rs * std::cbrt(uniform(seed, key, c));
    const double z = 2.0 * uniform(seed, key, c + 1) - 1.0;
    const double phi = 2.0 * std::numbers::pi * uniform(seed, key, c + 2);
    const double rho = std::sqrt(std::max(0.0, 1.0 - z * z));
    const Vec3 p{r * rho * std::cos(phi), r * rho * std::sin(phi), r * z};
    const bool blocked =
        std::any_of(spheres.begin(), spheres.end(), [&](const Sphere &s) { return excludes(s, p); });
    if (!blocked) count++;
  }
  AccessibleResult out;
  out.fraction = static_cast<double>(count) / n;
  out.volume = out.fraction * sphere_volume(rs);
  out.error = std::sqrt(out.fraction * (1.0 - out.fraction) / n) * sphere_volume(rs);
  return out;
}

}    // namespace natrolite
