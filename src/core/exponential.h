// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// exp() of vectors, whatever their width, for simd.h and double4.h.
#pragma once

#include "macros.h"

#include <cstdint>

namespace natrolite {

/// exp(x) = 2^n exp(r) with |r| <= ln 2 / 2: Taylor's series to a degree that leaves rounding only.
template <class T>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  static constexpr int DEGREE = 7, MANTISSA = 23;
  static constexpr float LOWEST = -87, HIGHEST = 88;    ///< beyond, the result is no normal number
  static constexpr float SHIFT = 0x1.8p23f;             ///< leaves no bits for fractions
  static constexpr float INV_LN2 = 0x1.715476p0f, LN2_HIGH = 0x1.62e4p-1f, LN2_LOW = 0x1.7f7d1cp-20f;
};
template <>
struct ExpConstants<double> {
  static constexpr int DEGREE = 13, MANTISSA = 52;
  static constexpr double LOWEST = -708, HIGHEST = 709;
  static constexpr double SHIFT = 0x1.8p52;
  static constexpr double INV_LN2 = 0x1.71547652b82fep0, LN2_HIGH = 0x1.62e42feep-1,
                          LN2_LOW = 0x1.a39ef35793c76p-33;
};

inline constexpr double FACTORIAL[] = {1,    1,     2,      6,       24,       120,       720,
                                       5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800};

/// x = exp(x), within 1e-7 (float) or 2e-16 of it; beyond LOWEST and HIGHEST that of the bound; NaN stays.
/// V: a vector of T (GCC's vector extension); Mask: one of integers of its size. By reference, since
/// vectors wider than the processor's have no way of being returned.
template <class T, class V, class Mask>
NATROLITE_ALWAYS_INLINE void exp_in_place(V &x)
{
  using E = ExpConstants<T>;
  x = x < E::LOWEST ? V{} + E::LOWEST : x;
  x = x > E::HIGHEST ? V{} + E::HIGHEST : x;
  const V t = x * E::INV_LN2 + E::SHIFT, n = t - E::SHIFT;    // n ln 2 + r
  const V r = (x - n * E::LN2_HIGH) - n * E::LN2_LOW;
  V p = V{} + static_cast<T>(1.0 / FACTORIAL[E::DEGREE]);
  for (int k = E::DEGREE; k-- > 0;) p = p * r + static_cast<T>(1.0 / FACTORIAL[k]);
  x = (V)((Mask)p + ((Mask)t << E::MANTISSA));    // the last bits of t are n
}

}    // namespace natrolite
