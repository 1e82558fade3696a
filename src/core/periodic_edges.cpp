// SPDX-License-Identifier: GPL-2.0-only
#include "periodic_edges.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace natrolite {
namespace {

  /// Throws for more distances than a small structure has; NaN is too many.
  void check_work(double natoms, const Vec3 &images)
  {
    double distances = natoms * natoms;
    for (int k = 0; k < 3; ++k) distances *= 2.0 * images[k] + 1.0;
    if (distances <= MAX_DISTANCES) return;
    throw std::runtime_error("its " + std::to_string(static_cast<long>(natoms)) +
                             " atoms are too many, too far apart, or in a cell too flat to look at "
                             "all their periodic images");
  }

  /// images needed on each side: cutoff plus the structure's own extent over the plane distance
  std::array<int, 3> image_ranges(const Structure &s, double cutoff)
  {
    const auto natoms = static_cast<double>(s.positions.size());
    check_work(natoms, {});
    Vec3 n{};
    double extent = 0.0;
    for (const Vec3 &p : s.positions)
      for (const Vec3 &q : s.positions) extent = std::fmax(extent, norm(p - q));
    for (int k = 0; k < 3; ++k) {
      if (!s.periodic[k]) continue;
      Vec3 normal = cross(s.cell[(k + 1) % 3], s.cell[(k + 2) % 3]);
      double length = norm(normal);
      if (length == 0.0) {    // a slab or wire whose other vectors are absent
        normal = s.cell[k];
        length = norm(normal);
      }
      n[k] = std::ceil((cutoff + extent) / std::fabs(dot(s.cell[k], normal) / length));
    }
    check_work(natoms, n);
    return {static_cast<int>(n[0]), static_cast<int>(n[1]), static_cast<int>(n[2])};
  }

}    // namespace

PlainEdges periodic_edges(const Structure &s, double cutoff)
{
  PlainEdges edges;
  const auto n = image_ranges(s, cutoff);
  const auto natoms = static_cast<std::int64_t>(s.positions.size());
  for (std::int64_t i = 0; i < natoms; ++i)
    for (std::int64_t j = 0; j < natoms; ++j)
      for (int a = -n[0]; a <= n[0]; ++a)
        for (int b = -n[1]; b <= n[1]; ++b)
          for (int c = -n[2]; c <= n[2]; ++c) {
            if (i == j && a == 0 && b == 0 && c == 0) continue;
            const Vec3 image = s.positions[j] + a * s.cell[0] + b * s.cell[1] + c * s.cell[2];
            const Vec3 v = image - s.positions[i];
            if (dot(v, v) >= cutoff * cutoff) continue;
            edges.center.push_back(i);
            edges.neighbor.push_back(j);
            edges.vec.push_back(v);
          }
  return edges;
}

}    // namespace natrolite
