// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "macros.h"

#include <cmath>

namespace natrolite {

struct Vec3 {
  double x = 0.0, y = 0.0, z = 0.0;
  NATROLITE_INLINE_FUNCTION double &operator[](int d) { return d == 0 ? x : d == 1 ? y : z; }
  NATROLITE_INLINE_FUNCTION const double &operator[](int d) const { return d == 0 ? x : d == 1 ? y : z; }
};

NATROLITE_INLINE_FUNCTION Vec3 operator+(const Vec3 &a, const Vec3 &b)
{
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
NATROLITE_INLINE_FUNCTION Vec3 operator-(const Vec3 &a, const Vec3 &b)
{
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
NATROLITE_INLINE_FUNCTION Vec3 operator*(double s, const Vec3 &a)
{
  return {s * a.x, s * a.y, s * a.z};
}
NATROLITE_INLINE_FUNCTION double dot(const Vec3 &a, const Vec3 &b)
{
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
NATROLITE_INLINE_FUNCTION Vec3 cross(const Vec3 &a, const Vec3 &b)
{
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
NATROLITE_INLINE_FUNCTION double norm(const Vec3 &a)
{
  return std::sqrt(dot(a, a));
}

}    // namespace natrolite
