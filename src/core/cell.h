// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "vec3.h"

namespace natrolite {

/// A restricted triclinic cell, as LAMMPS keeps it: a = (lx,0,0), b = (xy,ly,0), c = (xz,yz,lz).
/// Directions that are not periodic never take part in a minimum image.
struct Cell {
  Vec3 origin;
  double lx = 1.0, ly = 1.0, lz = 1.0;
  double xy = 0.0, xz = 0.0, yz = 0.0;
  bool periodic[3] = {true, true, true};

  NATROLITE_INLINE_FUNCTION double volume() const { return lx * ly * lz; }
};

/// Number of periods to take off d so that it lies in (-period/2, period/2].
NATROLITE_INLINE_FUNCTION double periods(double d, double period)
{
  const double half = 0.5 * period;
  if (d <= -3.0 * half || d > 3.0 * half) return std::ceil(d / period - 0.5);
  return static_cast<int>(d > half) - static_cast<int>(d <= -half);    // no branch, no rounding
}

/// The image of d that is reduced along c, then b, then a (LAMMPS' order): in an orthogonal box the
/// shortest one; in a tilted box exact for vectors shorter than half the smallest face distance.
NATROLITE_INLINE_FUNCTION Vec3 minimum_image(const Cell &c, Vec3 d)
{
  if (c.periodic[2]) {
    const double n = periods(d.z, c.lz);
    d = d - n * Vec3{c.xz, c.yz, c.lz};
  }
  if (c.periodic[1]) {
    const double n = periods(d.y, c.ly);
    d = d - n * Vec3{c.xy, c.ly, 0.0};
  }
  if (c.periodic[0]) d.x -= periods(d.x, c.lx) * c.lx;
  return d;
}

/// Fractional coordinates of a point.
NATROLITE_INLINE_FUNCTION Vec3 to_fractional(const Cell &c, const Vec3 &p)
{
  const Vec3 d = p - c.origin;
  const double w = d.z / c.lz;
  const double v = (d.y - c.yz * w) / c.ly;
  const double u = (d.x - c.xy * v - c.xz * w) / c.lx;
  return {u, v, w};
}

NATROLITE_INLINE_FUNCTION Vec3 to_cartesian(const Cell &c, const Vec3 &f)
{
  return c.origin + Vec3{c.lx * f.x + c.xy * f.y + c.xz * f.z, c.ly * f.y + c.yz * f.z, c.lz * f.z};
}

/// Distance of the two faces that a lattice direction joins (0: x faces, 1: y faces, 2: z faces).
NATROLITE_INLINE_FUNCTION double face_distance(const Cell &c, int direction)
{
  if (direction == 2) return c.lz;
  if (direction == 1) return c.ly * c.lz / std::sqrt(c.lz * c.lz + c.yz * c.yz);
  const Vec3 n{c.ly * c.lz, -c.xy * c.lz, c.xy * c.yz - c.ly * c.xz};    // b x c
  return c.volume() / norm(n);
}

/// d reduced into [0, period).
NATROLITE_INLINE_FUNCTION double into_period(double d, double period)
{
  const bool near = d >= -period && d < 2.0 * period;
  const double n = near ? (d >= period) - (d < 0.0) : std::floor(d / period);
  const double r = d - n * period;
  return r < period ? r : 0.0;
}

}    // namespace natrolite
