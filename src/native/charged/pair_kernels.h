// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Repulsion, electrostatics and dispersion of the edges of one center, a vector of edges at a time.
#pragma once

#include "kernel_types.h"

#include "core/simd.h"

namespace natrolite::NATROLITE_ISA {

using native::ATOM_DATA;
using native::CHARGE_COLUMN;
using native::PairArguments;
using native::PairConstants;

/// A function of r and its derivative.
template <class T>
struct ValueAndSlope {
  Vector<T> value, slope;
};

template <class T>
NATROLITE_ALWAYS_INLINE ValueAndSlope<T> repulsion_at(const PairConstants<T> &c, Vector<T> r)
{
  using V = Vector<T>;
  const T c2 = c.r_max * c.r_max;
  const V in = r < c.r_max ? broadcast(T(1)) : V{},
          rest = r < c.r_max ? (c.r_max - r) * (c.r_max + r) : broadcast(T(1));
  const V cut = in * exp(-r * r / rest),
          cut_slope = T(-2) * c2 * r / (rest * rest);    // of its logarithm
  V sum{}, sum_slope{};
  for (int k = 0; k < c.terms; ++k) {
    const V e = c.height[k] * exp(-c.decay[k] * r);
    sum += e;
    sum_slope -= c.decay[k] * e;
  }
  const V inverse = c.strength / r;
  const V value = inverse * sum * cut;
  return {value, inverse * cut * (sum_slope + sum * (cut_slope - T(1) / r))};
}

/// 1 up to start, 0 from stop on: the logistic function of 1/t - 1/(1 - t)
template <class T>
NATROLITE_ALWAYS_INLINE ValueAndSlope<T> switch_at(const PairConstants<T> &c, Vector<T> r)
{
  using V = Vector<T>;
  const T inverse = T(1) / (c.stop - c.start), low = T(0.002), high = T(0.998);
  const V exact = (r - c.start) * inverse;
  const V t = min<T>(broadcast(high), max<T>(broadcast(low), exact)), u = T(1) / t, w = T(1) / (T(1) - t);
  const V s = T(1) / (T(1) + exp(w - u));
  const V slope = s * (s - T(1)) * (u * u + w * w) * inverse;
  return {s, exact > low && exact < high ? slope : V{}};
}

template <class T>
NATROLITE_ALWAYS_INLINE ValueAndSlope<T> coulomb_at(const PairConstants<T> &c, Vector<T> r, bool near)
{
  using V = Vector<T>;
  const V inverse = T(1) / r;
  const V bare = inverse + c.bare.constant + c.bare.slope * r, bare_slope = c.bare.slope - inverse * inverse;
  if (!near) return {bare, bare_slope};
  V root;
  for (int k = 0; k < WIDTH<T>; ++k) root[k] = static_cast<T>(__builtin_sqrt(r[k] * r[k] + T(1)));
  const V i = T(1) / root;
  const V soft = i + c.soft.constant + c.soft.slope * r, soft_slope = c.soft.slope - r * i * i * i;
  const ValueAndSlope<T> f = switch_at(c, r);
  return {f.value * soft + (T(1) - f.value) * bare,
          f.slope * (soft - bare) + f.value * soft_slope + (T(1) - f.value) * bare_slope};
}

template <class T>
NATROLITE_ALWAYS_INLINE ValueAndSlope<T> damped_at(const PairConstants<T> &c, Vector<T> r)
{
  using V = Vector<T>;
  const V x = c.inv_length * r, x2 = x * x, x5 = x2 * x2 * x;
  const V a = T(1) / (x5 * x + c.floor6), b = T(1) / (x5 * x2 * x + c.floor8);
  const V six = a + c.shift6.constant + c.shift6.slope * x,
          eight = b + c.shift8.constant + c.shift8.slope * x;
  const V six_slope = c.shift6.slope - T(6) * x5 * a * a,
          eight_slope = c.shift8.slope - T(8) * x5 * x2 * b * b;
  return {c.sixth * six + c.eighth * eight, c.inv_length * (c.sixth * six_slope + c.eighth * eight_slope)};
}

/// c6_row . atom_data and sum of factor atom_data, of one edge
template <class T>
NATROLITE_ALWAYS_INLINE T add_atom_data(const T *c6_row, const T *atom_data, T factor, T *damped_sum)
{
  constexpr int W = WIDTH<T>;
  Vector<T> dot{};
#pragma GCC unroll 4
  for (int k = 0; k < ATOM_DATA; k += W) {
    const Vector<T> row = load(atom_data + k);
    store<T>(damped_sum + k, load(damped_sum + k) + factor * row);
    dot += load(c6_row + k) * row;
  }
  return reduce_add<T>(dot);
}

template <class T>
void pairs(PairArguments<T> &a)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  const PairConstants<T> &c = *a.constants;
  V repulsion{}, potential{};
  for (int e = 0; e < a.edges; e += W) {
    const int here = a.edges - e < W ? a.edges - e : W;
    const V r = load(a.r + e);
    const bool near = e < a.near;
    V q{}, slope{};
    for (int k = 0; k < here; ++k) q[k] = a.atom_data[a.neighbor[e + k] * ATOM_DATA + CHARGE_COLUMN];
    const ValueAndSlope<T> v = coulomb_at(c, r, near);
    potential += c.coulomb * q * v.value;
    slope += c.coulomb * a.charge * q * v.slope;
    if (near) {
      const ValueAndSlope<T> core = repulsion_at(c, r);
      repulsion += core.value;
      slope += core.slope;
    }
    if (c.disperses) {
      const ValueAndSlope<T> d = damped_at(c, r);
      V c6{};
      for (int k = 0; k < here; ++k)
        c6[k] =
            add_atom_data<T>(a.c6_row, a.atom_data + a.neighbor[e + k] * ATOM_DATA, d.value[k], a.damped_sum);
      slope += c6 * d.slope;
    }
    store(a.slope + e, slope);
  }
  a.repulsion = reduce_add<T>(repulsion);
  a.potential = reduce_add<T>(potential);
}

}    // namespace natrolite::NATROLITE_ISA
