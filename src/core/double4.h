// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "exponential.h"
#include "macros.h"

// Vectors of four doubles, for loops that the compiler does not vectorize by itself. Functions change their
// argument: vectors wider than the processor's have no way of being returned.

namespace natrolite {

typedef double Double4 __attribute__((vector_size(32)));
typedef long long Mask4 __attribute__((vector_size(32)));

/// Four doubles of an array, anywhere in it. A member, since clang takes a reference to the vector itself for
/// one that is aligned, whatever its type says.
struct __attribute__((packed, may_alias)) Double4InArray {
  Double4 v;
};

NATROLITE_ALWAYS_INLINE Double4InArray &as_double4(double *p)
{
  return *reinterpret_cast<Double4InArray *>(p);
}
NATROLITE_ALWAYS_INLINE const Double4InArray &as_double4(const double *p)
{
  return *reinterpret_cast<const Double4InArray *>(p);
}

/// x in lanes where all bits of the mask are set, else 0
NATROLITE_ALWAYS_INLINE void apply_mask(Double4 &x, const Mask4 &mask)
{
  x = (Double4)((Mask4)x & mask);
}

NATROLITE_ALWAYS_INLINE void clamp_in_place(Double4 &x, double low, double high)
{
  x = x < low ? Double4{} + low : x;
  x = x > high ? Double4{} + high : x;
}

/// x = floor(x) for |x| < 2^51
NATROLITE_ALWAYS_INLINE void floor_in_place(Double4 &x)
{
  constexpr double shift = 0x1.8p52;    // leaves no bits for fractions
  const Double4 n = (x + shift) - shift;
  Double4 above = Double4{} + 1.0;
  apply_mask(above, n > x);
  x = n - above;
}

/// x = exp(x), see exponential.h
NATROLITE_ALWAYS_INLINE void exp_in_place(Double4 &x)
{
  exp_in_place<double, Double4, Mask4>(x);
}

}    // namespace natrolite
