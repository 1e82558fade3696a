// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Loops over rows: learned swish, contractions, positive random features.
#pragma once

#include "kernel_types.h"

#include "core/simd.h"

namespace natrolite::NATROLITE_ISA {

using native::FeatureArguments;

template <class T>
void swish(int rows, int width, const T *x, const T *amplitude, const T *slope, T *y)
{
  using V = Vector<T>;
  for (int k = 0; k < width; k += WIDTH<T>) {
    const V a = load(amplitude + k), b = load(slope + k);
    for (int r = 0; r < rows; ++r) {
      const V v = load(x + r * width + k);
      store<T>(y + r * width + k, a * v / (T(1) + exp(-b * v)));
    }
  }
}

template <class T>
void swish_backward(int rows, int width, const T *x, const T *amplitude, const T *slope, const T *dy,
                    const T *base, T *dx)
{
  using V = Vector<T>;
  for (int k = 0; k < width; k += WIDTH<T>) {
    const V a = load(amplitude + k), b = load(slope + k);
    for (int r = 0; r < rows; ++r) {
      const int at = r * width + k;
      const V u = b * load(x + at), s = T(1) / (T(1) + exp(-u));
      const V d = a * s * (T(1) + u * (T(1) - s)) * load(dy + at);
      store<T>(dx + at, base ? load(base + at) + d : d);
    }
  }
}

template <class T>
void add_bias(int rows, int width, int stride, const T *x, const T *bias, T *y)
{
  using V = Vector<T>;
  for (int k = 0; k < width; k += WIDTH<T>) {
    const V b = bias ? load(bias + k) : V{};
    for (int r = 0; r < rows; ++r) store<T>(y + r * stride + k, x ? load(x + r * stride + k) + b : b);
  }
}

template <class T>
void add(int n, const T *a, const T *b, T *y)
{
  for (int k = 0; k < n; k += WIDTH<T>) store<T>(y + k, load(a + k) + load(b + k));
}

template <class T>
void contract(int rows, int components, int width, const T *pair, T *sum)
{
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < width; k += WIDTH<T>) {
      Vector<T> s = load(sum + r * width + k);
      for (int c = 0; c < components; ++c) {
        const T *at = pair + (r * components + c) * 2 * width + k;
        s += load(at) * load(at + width);
      }
      store<T>(sum + r * width + k, s);
    }
}

template <class T>
void contract_backward(int rows, int components, int width, const T *pair, const T *dsum, T *dpair)
{
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < width; k += WIDTH<T>) {
      const Vector<T> d = load(dsum + r * width + k);
      for (int c = 0; c < components; ++c) {
        const int at = (r * components + c) * 2 * width + k;
        const Vector<T> left = load(pair + at), right = load(pair + at + width);
        store<T>(dpair + at, d * right);
        store<T>(dpair + at + width, d * left);
      }
    }
}

/// lanes k, k + 1, ... that are channels
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> inside(int k, int channels)
{
  Vector<T> in{};
  for (int lane = 0; lane < WIDTH<T>; ++lane) in[lane] = k + lane < channels ? T(1) : T(0);
  return in;
}

template <class T>
void features(const FeatureArguments<T> &a, T *phi)
{
  const T scale = T(1) / static_cast<T>(__builtin_sqrt(a.channels));
  for (int k = 0; k < a.width; k += WIDTH<T>) {
    const Vector<T> in = scale * inside<T>(k, a.channels);
    for (int r = 0; r < a.rows; ++r) {
      const int at = r * a.width + k;
      store<T>(phi + at, in * (exp(load(a.projected + at) - (a.half[r] + a.highest[r])) + T(1e-4)));
    }
  }
}

template <class T>
void features_backward(const FeatureArguments<T> &a, const T *dphi, T *total)
{
  const T scale = T(1) / static_cast<T>(__builtin_sqrt(a.channels));
  for (int r = 0; r < a.rows; ++r) {
    Vector<T> sum{};
    for (int k = 0; k < a.width; k += WIDTH<T>) {
      const int at = r * a.width + k;
      const Vector<T> e = exp(load(a.projected + at) - (a.half[r] + a.highest[r]));
      const Vector<T> d = scale * e * load(dphi + at);
      store<T>(a.projected + at, d);
      sum += d;
    }
    total[r] = reduce_add<T>(sum);
  }
}

template <class T>
void row_max(int rows, int channels, int width, const T *x, T *most, std::int32_t *where)
{
  for (int r = 0; r < rows; ++r) {
    const T *row = x + r * width;
    Vector<T> high = broadcast(row[0]);
    int k = 0;
    for (; k + WIDTH<T> <= channels; k += WIDTH<T>) high = max<T>(load(row + k), high);
    T best = row[0];
    for (int lane = 0; lane < WIDTH<T>; ++lane) best = high[lane] > best ? high[lane] : best;
    for (; k < channels; ++k) best = row[k] > best ? row[k] : best;
    int at = 0;
    while (at + 1 < channels && row[at] < best) ++at;    // ends also where there are NaN
    most[r] = best;
    where[r] = at;
  }
}

template <class T>
void half_square(int rows, int width, T scale, const T *x, T *half)
{
  for (int r = 0; r < rows; ++r) {
    Vector<T> sum{};
    for (int k = 0; k < width; k += WIDTH<T>) {
      const Vector<T> v = load(x + r * width + k);
      sum += v * v;
    }
    half[r] = scale * reduce_add<T>(sum);
  }
}

template <class T>
void add_scaled(int rows, int width, T factor, const T *coefficient, const T *x, T *y)
{
  for (int r = 0; r < rows; ++r) {
    const T c = factor * coefficient[r];
    for (int k = 0; k < width; k += WIDTH<T>)
      store<T>(y + r * width + k, load(y + r * width + k) + c * load(x + r * width + k));
  }
}

template <class T>
void divide(int rows, int width, const T *mixed, T *y)
{
  for (int r = 0; r < rows; ++r) {
    const T *m = mixed + r * (width + WIDTH<T>);
    const T inverse = T(1) / (m[width] + T(1e-8));
    for (int k = 0; k < width; k += WIDTH<T>)
      store<T>(y + r * width + k, load(y + r * width + k) + inverse * load(m + k));
  }
}

template <class T>
void divide_backward(int rows, int width, const T *mixed, const T *dy, T *dmixed)
{
  for (int r = 0; r < rows; ++r) {
    const T *m = mixed + r * (width + WIDTH<T>);
    T *d = dmixed + r * (width + WIDTH<T>);
    const T inverse = T(1) / (m[width] + T(1e-8));
    Vector<T> along{};
    for (int k = 0; k < width; k += WIDTH<T>) {
      const Vector<T> g = inverse * load(dy + r * width + k);
      along += g * load(m + k);
      store<T>(d + k, g);
    }
    store(d + width, Vector<T>{});
    d[width] = -inverse * reduce_add<T>(along);
  }
}

/// up to 4 columns of a (`here`) and NV vectors of columns of b
template <class T, int NV>
NATROLITE_ALWAYS_INLINE void outer_tile(int rows, int na, int nb, int here, const T *a, const T *b,
                                        double *sum)
{
  constexpr int W = WIDTH<T>;
  Vector<T> s[4][NV];
  for (int i = 0; i < 4; ++i)
    for (int v = 0; v < NV; ++v) s[i][v] = Vector<T>{};
  const int column[4] = {0, here > 1 ? 1 : 0, here > 2 ? 2 : 0, here > 3 ? 3 : 0};
  for (int r = 0; r < rows; ++r) {
    Vector<T> y[NV];
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) y[v] = load(b + r * nb + v * W);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) s[i][v] += a[r * na + column[i]] * y[v];
  }
  for (int i = 0; i < here; ++i)
    for (int v = 0; v < NV; ++v)
      for (int lane = 0; lane < W; ++lane) sum[i * nb + v * W + lane] += static_cast<double>(s[i][v][lane]);
}

template <class T>
void outer(int rows, int na, int nb, const T *a, const T *b, double *sum)
{
  constexpr int W = WIDTH<T>;
  for (int i = 0; i < na; i += 4) {
    const int here = na - i < 4 ? na - i : 4;
    int j = 0;
    for (; j + 2 * W <= nb; j += 2 * W) outer_tile<T, 2>(rows, na, nb, here, a + i, b + j, sum + i * nb + j);
    if (j < nb) outer_tile<T, 1>(rows, na, nb, here, a + i, b + j, sum + i * nb + j);
  }
}

}    // namespace natrolite::NATROLITE_ISA
