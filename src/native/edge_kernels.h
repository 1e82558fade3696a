// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Harmonics and splines of edges, a vector of edges at a time.
///
/// Real spherical harmonics up to l = 3 in component normalization (sum of squares 2 l + 1), polar
/// axis y, components in the order of e3nn.
#pragma once

#include "kernels.h"
#include "core/simd.h"

namespace natrolite::NATROLITE_ISA {

using native::EdgeArrays;
using native::Grid;
using native::HARMONICS;
using native::MAX_SPLINE_ORDER;

inline constexpr double S3 = 1.7320508075688772, S5 = 2.23606797749979, S15 = 3.872983346207417,
                        S7 = 2.6457513110645907, S35_8 = 2.091650066335189, S105 = 10.246950765959598,
                        S21_8 = 1.6201851746019651;

/// Y[1 + 3 + 5 + 7] at a unit vector
template <class T>
NATROLITE_ALWAYS_INLINE void harmonics_at(int lmax, Vector<T> x, Vector<T> y, Vector<T> z, Vector<T> *Y)
{
  constexpr T half = 0.5;
  Y[0] = broadcast(T(1));
  if (lmax < 1) return;
  Y[1] = T(S3) * x;
  Y[2] = T(S3) * y;
  Y[3] = T(S3) * z;
  if (lmax < 2) return;
  const Vector<T> xz = x * z, x2z2 = x * x + z * z, z2x2 = z * z - x * x;
  Y[4] = T(S15) * xz;
  Y[5] = T(S15) * x * y;
  Y[6] = T(S5) * (y * y - half * x2z2);
  Y[7] = T(S15) * y * z;
  Y[8] = T(S15 / 2) * z2x2;
  if (lmax < 3) return;
  Y[9] = T(S35_8) * x * (T(2) * z * z + z2x2);
  Y[10] = T(S105) * xz * y;
  Y[11] = T(S21_8) * x * (T(4) * y * y - x2z2);
  Y[12] = T(S7 / 2) * y * (T(2) * y * y - T(3) * x2z2);
  Y[13] = T(S21_8) * z * (T(4) * y * y - x2z2);
  Y[14] = T(S105 / 2) * z2x2 * y;
  Y[15] = T(S35_8) * z * (z2x2 - T(2) * x * x);
}

/// gradient of sum d[k] Y[k] by x, y, z, as polynomials (their radial part is meaningless)
template <class T>
NATROLITE_ALWAYS_INLINE void harmonics_gradient(int lmax, Vector<T> x, Vector<T> y, Vector<T> z,
                                                const Vector<T> *d, Vector<T> *g)
{
  using V = Vector<T>;
  g[0] = g[1] = g[2] = V{};
  if (lmax < 1) return;
  g[0] = T(S3) * d[1];
  g[1] = T(S3) * d[2];
  g[2] = T(S3) * d[3];
  if (lmax < 2) return;
  g[0] += T(S15) * (d[4] * z + d[5] * y - d[8] * x) - T(S5) * d[6] * x;
  g[1] += T(S15) * (d[5] * x + d[7] * z) + T(2 * S5) * d[6] * y;
  g[2] += T(S15) * (d[4] * x + d[7] * y + d[8] * z) - T(S5) * d[6] * z;
  if (lmax < 3) return;
  const V x2 = x * x, y2 = y * y, z2 = z * z, xy = x * y, yz = y * z, xz = x * z;
  const T three = 3, two = 2, four = 4, six = 6, eight = 8;
  g[0] += T(S35_8) * (d[9] * three * (z2 - x2) - d[15] * six * xz) + T(S105) * (d[10] * yz - d[14] * xy) +
          T(S21_8) * (d[11] * (four * y2 - three * x2 - z2) - d[13] * two * xz) -
          T(S7 / 2) * d[12] * six * xy;
  g[1] += T(S105) * (d[10] * xz + d[14] * T(0.5) * (z2 - x2)) + T(S21_8) * eight * (d[11] * xy + d[13] * yz) +
          T(S7 / 2) * d[12] * (six * y2 - three * (x2 + z2));
  g[2] += T(S35_8) * (d[9] * six * xz + d[15] * three * (z2 - x2)) + T(S105) * (d[10] * xy + d[14] * yz) +
          T(S21_8) * (d[13] * (four * y2 - x2 - three * z2) - d[11] * two * xz) -
          T(S7 / 2) * d[12] * six * yz;
}

/// Cardinal B-splines of degree 3 or 5 at fraction f of an interval, and their derivatives by f.
template <class T, int S>
NATROLITE_ALWAYS_INLINE void splines_at(Vector<T> f, Vector<T> *value, Vector<T> *slope)
{
  using V = Vector<T>;
  V b[S] = {}, lower[S] = {};
  b[0] = broadcast(T(1));
  for (int degree = 1; degree < S; ++degree) {    // recursion of Cox and de Boor, uniform knots
    for (int k = 0; k < degree; ++k) lower[k] = b[k];
    const T inverse = T(1) / T(degree);
    for (int k = degree; k >= 0; --k) {
      V sum = V{};
      if (k > 0) sum += (f + T(degree - k)) * lower[k - 1];
      if (k < degree) sum += (T(k + 1) - f) * lower[k];
      b[k] = sum * inverse;
    }
  }
  for (int k = 0; k < S; ++k) {
    value[k] = b[k];
    slope[k] = (k > 0 ? lower[k - 1] : V{}) - (k < S - 1 ? lower[k] : V{});
  }
}

/// 1, f, f^2, ..., and their derivatives by f.
template <class T, int S>
NATROLITE_ALWAYS_INLINE void powers_at(Vector<T> f, Vector<T> *value, Vector<T> *slope)
{
  value[0] = broadcast(T(1));
  slope[0] = Vector<T>{};
  for (int k = 1; k < S; ++k) {
    slope[k] = T(k) * value[k - 1];
    value[k] = f * value[k - 1];
  }
}

template <class T, int S>
void prepare_edges(const EdgeArrays<T> &a, const Grid<T> &grid, int n, int lmax, bool slopes)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  for (int e = 0; e < n; e += W) {
    V x, y, z, r;
    for (int k = 0; k < W; ++k) {    // edges start anywhere
      const bool in = e + k < n;
      x[k] = in ? a.x[e + k] : T(0);
      y[k] = in ? a.y[e + k] : T(0);
      z[k] = in ? a.z[e + k] : T(0);
      r[k] = in ? a.r[e + k] : T(1);
    }
    V Y[HARMONICS];
    harmonics_at<T>(lmax, x, y, z, Y);
    for (int k = 0; k < (lmax + 1) * (lmax + 1); ++k) store(a.harmonics + k * a.stride + e, Y[k]);
    V f, inverse;
    for (int k = 0; k < W; ++k) {
      const T scale = a.scale && e + k < n ? a.scale[e + k] : T(1), seen = scale * r[k];
      int s = 0;
      while (s + 1 < grid.segments && seen >= grid.start[s + 1]) ++s;
      const T t = (seen - grid.start[s]) * grid.inverse_step[s];
      int interval = static_cast<int>(t);
      interval = interval < 0 ? 0 : interval;
      interval = interval > grid.intervals[s] - 1 ? grid.intervals[s] - 1 : interval;
      a.node[e + k] = grid.powers ? S * (grid.first[s] + interval) : grid.first[s] + interval;
      f[k] = t - static_cast<T>(interval);
      inverse[k] = scale * grid.inverse_step[s];
    }
    V value[MAX_SPLINE_ORDER], slope[MAX_SPLINE_ORDER];
    if (grid.powers)
      powers_at<T, S>(f, value, slope);
    else
      splines_at<T, S>(f, value, slope);
    for (int k = 0; k < S; ++k) {
      store(a.basis + k * a.stride + e, value[k]);
      if (slopes) store(a.slope + k * a.stride + e, slope[k] * inverse);
    }
  }
}

template <class T>
void finish_edges(const EdgeArrays<T> &a, int n, int lmax, const T *partial, T *scratch, double *gradient)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  const int count = 1 + (lmax + 1) * (lmax + 1);
  for (int e = 0; e < n; e += W) {
    V x{}, y{}, z{}, inverse{};
    const int here = n - e < W ? n - e : W;
    for (int k = 0; k < W; ++k)
      for (int q = 0; q < count; ++q)
        scratch[q * W + k] =
            k < here ? reduce_add<T>(load(partial + ((e + k) * (1 + HARMONICS) + q) * W)) : T(0);
    for (int k = 0; k < here; ++k) {
      x[k] = a.x[e + k];
      y[k] = a.y[e + k];
      z[k] = a.z[e + k];
      inverse[k] = T(1) / a.r[e + k];
    }
    V d[HARMONICS], g[3];
    const V dr = load(scratch);
    for (int q = 0; q + 1 < count; ++q) d[q] = load(scratch + (q + 1) * W);
    harmonics_gradient<T>(lmax, x, y, z, d, g);
    const V along = g[0] * x + g[1] * y + g[2] * z;
    g[0] = (g[0] - along * x) * inverse + dr * x;
    g[1] = (g[1] - along * y) * inverse + dr * y;
    g[2] = (g[2] - along * z) * inverse + dr * z;
    for (int k = 0; k < here; ++k)
      for (int c = 0; c < 3; ++c) gradient[3 * (e + k) + c] += static_cast<double>(g[c][k]);
  }
}

}    // namespace natrolite::NATROLITE_ISA
