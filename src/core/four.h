// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "exponential.h"
#include "macros.h"

// Four numbers at a time, for loops that the compiler does not vectorize by itself.

namespace natrolite {

typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));
/// to hand over by value, where 32 bytes are expected
typedef double Aligned __attribute__((vector_size(32)));
typedef long long Flags __attribute__((vector_size(32)));

NATROLITE_INLINED Four &four(double *p)
{
  return *reinterpret_cast<Four *>(p);
}
NATROLITE_INLINED const Four &four(const double *p)
{
  return *reinterpret_cast<const Four *>(p);
}

/// x where the flags are set (all bits), else 0
NATROLITE_INLINED void keep(Four &x, const Flags &flags)
{
  x = (Four)((Flags)x & flags);
}

NATROLITE_INLINED void clamp(Four &x, double low, double high)
{
  x = x < low ? Four{} + low : x;
  x = x > high ? Four{} + high : x;
}

/// x = floor(x) for |x| < 2^51
NATROLITE_INLINED void round_down(Four &x)
{
  constexpr double shift = 0x1.8p52;    // leaves no bits for fractions
  const Four n = (x + shift) - shift;
  Four above = Four{} + 1.0;
  keep(above, n > x);
  x = n - above;
}

/// x = exp(x), see exponential.h
NATROLITE_INLINED void exponentiate(Four &x)
{
  Aligned a = x;
  exponentiate<double, Aligned, Flags>(a);
  x = a;
}

}    // namespace natrolite
