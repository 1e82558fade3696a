// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "vec3.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace natrolite {

/// A sphere that excludes the ion: center relative to the ion, radius including the probe.
struct Sphere {
  Vec3 center;
  double radius = 0.0;
};

struct AccessibleResult {
  double volume = 0.0;      ///< A^3
  double fraction = 0.0;    ///< of the probe sphere 4 pi Rs^3 / 3
  double error = 0.0;       ///< standard error of the volume (Monte Carlo only)
};

/// A point is free if it lies on or outside a sphere: |p - center| >= radius.
NATROLITE_INLINE_FUNCTION bool excludes(const Sphere &s, const Vec3 &p)
{
  const Vec3 d = p - s.center;
  return d.x * d.x + (d.y * d.y + d.z * d.z) < s.radius * s.radius;
}

/// Volume of {p : |p| <= rs, |p - center_j| >= radius_j} around an ion at the origin, on a cubic
/// grid with one node on the ion. The free share of the nodes within rs times 4 pi rs^3/3, so that
/// an isolated ion is exact.
class AccessibleVolume {
public:
  /// connected: only nodes that face-to-face steps of free nodes join to the free node nearest to
  /// the ion (within 1 A of it; none: zero)
  AccessibleVolume(double rs, double spacing, bool connected);

  AccessibleResult evaluate(const std::vector<Sphere> &spheres);

private:
  void carve(const Sphere &sphere);
  std::int64_t flood();

  double rs_, h_;
  bool connected_;
  int half_, side_;
  std::int64_t inside_count_ = 0;
  std::vector<unsigned char> inside_, free_;
  std::vector<std::pair<double, std::int64_t>> seeds_;    ///< nodes within 1 A, nearest first
  std::vector<std::int64_t> stack_;
};

/// The same volume by n random points. The points depend on seed and key alone (give the atom ID and
/// the step as key), so they are the same on any number of ranks.
AccessibleResult accessible_volume_monte_carlo(double rs, const std::vector<Sphere> &spheres, int n,
                                               std::uint64_t seed, std::uint64_t key);

}    // namespace natrolite
