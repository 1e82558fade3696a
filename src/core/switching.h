// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "macros.h"

#include <cmath>
#include <numbers>

namespace natrolite {

/// How much a neighbor at distance r counts for a coordination number with cutoff rc.
struct Switch {
  enum Kind { Hard, Rational, Cosine };
  Kind kind = Hard;
  double rc = 1.0;
  int n = 6, m = 12;     ///< Rational: [1-(r/rc)^n]/[1-(r/rc)^m]
  double cut = 2.5;      ///< Rational: summed up to this distance
  double width = 0.0;    ///< Cosine: 1 at rc falls to 0 at rc + width

  NATROLITE_INLINE_FUNCTION double reach() const
  {
    if (kind == Rational) return cut;
    return kind == Cosine ? rc + width : rc;
  }
};

/// 1 + x + ... + x^(n-1)
NATROLITE_INLINE_FUNCTION double geometric_sum(double x, int n)
{
  double sum = 0.0;
  for (int k = 0; k < n; k++) sum = sum * x + 1.0;
  return sum;
}

/// The weight of a neighbor at squared distance r2; boundaries belong to the inside (r <= rc).
NATROLITE_INLINE_FUNCTION double switch_value(const Switch &s, double r2)
{
  const double reach = s.reach();
  if (r2 > reach * reach) return 0.0;
  if (s.kind == Switch::Hard) return 1.0;
  const double r = std::sqrt(r2);
  if (s.kind == Switch::Cosine) {
    if (r <= s.rc) return 1.0;
    return 0.5 * (1.0 + std::cos(std::numbers::pi * (r - s.rc) / s.width));
  }
  const double x = r / s.rc;
  return geometric_sum(x, s.n) / geometric_sum(x, s.m);    // no 0/0 at r = rc
}

}    // namespace natrolite
