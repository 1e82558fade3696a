// SPDX-License-Identifier: GPL-2.0-only
#include "periodic_edges.h"

#include "edge_functions.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace natrolite {
namespace {

  Vec3 cross(const Vec3 &a, const Vec3 &b)
  {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  }

  /// Throws for more distances than a small structure has; NaN is too many.
  void check_work(double natoms, const Vec3 &images)
  {
    double distances = natoms * natoms;
    for (const double n : images) distances *= 2.0 * n + 1.0;
    if (distances <= MOST_DISTANCES) return;
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
      for (const Vec3 &q : s.positions) {
        const Vec3 d{p[0] - q[0], p[1] - q[1], p[2] - q[2]};
        extent = std::fmax(extent, std::sqrt(squared_norm(d.data())));
      }
    for (int k = 0; k < 3; ++k) {
      if (!s.periodic[k]) continue;
      Vec3 normal{};
      const Vec3 &a = s.cell[(k + 1) % 3], &b = s.cell[(k + 2) % 3];
      normal = cross(a, b);
      double length = std::sqrt(squared_norm(normal.data()));
      if (length == 0.0) {    // a slab or wire whose other vectors are absent
        normal = s.cell[k];
        length = std::sqrt(squared_norm(normal.data()));
      }
      double height = 0.0;
      for (int d = 0; d < 3; ++d) height += s.cell[k][d] * normal[d] / length;
      n[k] = std::ceil((cutoff + extent) / std::fabs(height));
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
            Vec3 image, v;
            for (int d = 0; d < 3; ++d)
              image[d] =
                  s.positions[j][d] + a * s.cell[0][d] + b * s.cell[1][d] + c * s.cell[2][d];
            edge_vector(s.positions[i].data(), image.data(), v.data());
            if (squared_norm(v.data()) >= cutoff * cutoff) continue;
            edges.centre.push_back(i);
            edges.neighbour.push_back(j);
            edges.vec.push_back(v);
          }
  return edges;
}

}    // namespace natrolite
