// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Rows times matrices, activations and gates.
#pragma once

#include "kernels.h"
#include "core/simd.h"

namespace natrolite::NATROLITE_ISA {

using native::Activation;
using native::MatrixArguments;
using native::MatrixSegment;

/// Rows at once: with up to 4 vectors of columns, their sums stay in registers (AVX-512).
inline constexpr int TILE_ROWS = NATROLITE_VECTOR_BYTES == 64 ? 6 : 3;

template <class T, int NV, int R>
void multiply_tile(const MatrixArguments<T> &a, const T *const *x, T *const *y, std::int64_t shift)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  V sum[R][NV];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < NV; ++v) sum[r][v] = a.add ? load(y[r] + shift + v * W) : V{};
  for (int s = 0; s < a.segments; ++s) {
    const MatrixSegment &segment = a.segment[s];
    const T *w = a.weights + segment.weights + shift * segment.depth;
    const T *from[R];
    for (int r = 0; r < R; ++r) from[r] = x[r] + segment.offset;
    for (int k = 0; k < segment.depth; ++k) {
      V b[NV];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) b[v] = load(w + (k * NV + v) * W);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) sum[r][v] += from[r][k] * b[v];
    }
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < NV; ++v) store(y[r] + shift + v * W, sum[r][v]);
}

/// R rows from row on
template <class T, int R>
void multiply_rows(const MatrixArguments<T> &a, int row)
{
  constexpr int W = WIDTH<T>;
  const T *x[R];
  T *y[R];
  for (int r = 0; r < R; ++r) {
    const std::int64_t at = a.which ? a.which[row + r] : row + r;
    x[r] = a.x + at * a.x_stride;
    y[r] = a.y + at * a.y_stride;
  }
  for (int c = 0; c < a.columns;) {
    const int left = (a.columns - c) / W;
    if (left >= 4) {
      multiply_tile<T, 4, R>(a, x, y, c);
      c += 4 * W;
    } else if (left >= 2) {
      multiply_tile<T, 2, R>(a, x, y, c);
      c += 2 * W;
    } else {
      multiply_tile<T, 1, R>(a, x, y, c);
      c += W;
    }
  }
}

template <class T>
void multiply(const MatrixArguments<T> &a)
{
  int row = 0;
  for (; row + TILE_ROWS <= a.rows; row += TILE_ROWS) multiply_rows<T, TILE_ROWS>(a, row);
  if constexpr (TILE_ROWS > 4)
    if (row + 4 <= a.rows) multiply_rows<T, 4>(a, row), row += 4;
  if (row + 2 <= a.rows) multiply_rows<T, 2>(a, row), row += 2;
  if (row < a.rows) multiply_rows<T, 1>(a, row);
}

/// shifted softplus: ln(1 + e^x) - ln 2
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> shifted_softplus(Vector<T> x)
{
  Vector<T> f{};
  for (int k = 0; k < WIDTH<T>; ++k)
    f[k] = static_cast<T>(__builtin_log1p(__builtin_exp(-__builtin_fabs(x[k]))) + (x[k] > 0 ? x[k] : 0) -
                          0.6931471805599453);
  return f;
}

/// f(x) and f'(x)
template <class T>
NATROLITE_ALWAYS_INLINE void activation_at(Activation kind, Vector<T> x, Vector<T> &f, Vector<T> &slope)
{
  using V = Vector<T>;
  const V one = broadcast(T(1));
  switch (kind) {
  case Activation::identity:
    f = x;
    slope = one;
    return;
  case Activation::abs:
    f = x < T(0) ? -x : x;
    slope = x < T(0) ? -one : (x > T(0) ? one : V{});
    return;
  case Activation::silu: {
    const V s = one / (one + exp(-x));
    f = x * s;
    slope = s * (one + x * (one - s));
    return;
  }
  case Activation::sigmoid:
    f = one / (one + exp(-x));
    slope = f * (one - f);
    return;
  case Activation::tanh: {
    const V e = exp(T(2) * x);
    f = one - T(2) / (e + T(1));
    slope = one - f * f;
    return;
  }
  case Activation::tanh_square: {
    const V e = exp(T(2) * x * x);
    f = one - T(2) / (e + T(1));
    slope = T(2) * x * (one - f * f);
    return;
  }
  case Activation::softplus:
    f = shifted_softplus<T>(x);
    slope = one / (one + exp(-x));
    return;
  }
}

template <class T>
void activate(Activation kind, T factor, int n, const T *x, T *y)
{
  for (int k = 0; k < n; k += WIDTH<T>) {
    Vector<T> f{}, slope{};
    activation_at<T>(kind, load(x + k), f, slope);
    store<T>(y + k, factor * f);
  }
}

template <class T>
void activate_backward(Activation kind, T factor, int n, const T *x, const T *dy, T *dx)
{
  for (int k = 0; k < n; k += WIDTH<T>) {
    Vector<T> f{}, slope{};
    activation_at<T>(kind, load(x + k), f, slope);
    store<T>(dx + k, factor * slope * load(dy + k));
  }
}

template <class T>
void gate(int n, int components, const T *gate, const T *x, T *y)
{
  for (int m = 0; m < components; ++m)
    for (int k = 0; k < n; k += WIDTH<T>) store<T>(y + m * n + k, load(gate + k) * load(x + m * n + k));
}

template <class T>
void gate_backward(int n, int components, const T *gate, const T *x, const T *dy, T *dgate, T *dx)
{
  for (int k = 0; k < n; k += WIDTH<T>) {
    const Vector<T> g = load(gate + k);
    Vector<T> sum{};
    for (int m = 0; m < components; ++m) {
      const Vector<T> d = load(dy + m * n + k);
      sum += d * load(x + m * n + k);
      store<T>(dx + m * n + k, g * d);
    }
    store<T>(dgate + k, sum);
  }
}

}    // namespace natrolite::NATROLITE_ISA
