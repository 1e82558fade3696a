// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_FOUR_H
#define NATROLITE_FOUR_H

#include "macros.h"

// Four numbers at a time, for loops that the compiler does not vectorize by itself.

namespace natrolite
{

typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));
typedef long long Flags __attribute__((vector_size(32)));

NATROLITE_INLINED Four &four(double *p)
{
  return *reinterpret_cast<Four *>(p);
}
NATROLITE_INLINED const Four &four(const double *p)
{
  return *reinterpret_cast<const Four *>(p);
}

// x where the flags are set (all bits), else 0
NATROLITE_INLINED void keep(Four &x, const Flags &flags)
{
  x = (Four) ((Flags) x & flags);
}

NATROLITE_INLINED void clamp(Four &x, double low, double high)
{
  x = x < low ? Four{} + low : x;
  x = x > high ? Four{} + high : x;
}

// x = floor(x) for |x| < 2^51
NATROLITE_INLINED void round_down(Four &x)
{
  constexpr double shift = 0x1.8p52; // leaves no bits for fractions
  const Four n = (x + shift) - shift;
  Four above = Four{} + 1.0;
  keep(above, n > x);
  x = n - above;
}

// x = exp(x) within 1e-15 of it for |x| < 700; beyond, that of the bound
NATROLITE_INLINED void exponentiate(Four &x)
{
  constexpr double shift = 0x1.8p52;
  clamp(x, -700.0, 700.0);
  const Four t = x * 0x1.71547652b82fep0 + shift, n = t - shift; // n ln 2 + r
  const Four r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  Four p = Four{} + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  x = (Four) ((Flags) p + ((Flags) t << 52)); // the last bits of t are n
}

} // namespace natrolite

#endif
