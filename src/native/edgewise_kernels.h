// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Rows of edges: from the radial tables, summed over a center with harmonics, contracted with its
/// environment; and the gradients of these.
#pragma once

#include "kernels.h"
#include "matrix_kernels.h"
#include "core/simd.h"

namespace natrolite::NATROLITE_ISA {

using native::EdgeRows;
using native::HARMONICS;
using native::MAX_L;

inline constexpr int PARTIAL = 1 + HARMONICS;    ///< vectors of an edge in `partial`

/// rows = the table at each edge
template <class T, int S>
void table_rows(const EdgeRows<T> &a)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  for (int e = 0; e < a.edges; ++e) {
    const T *from = a.table + static_cast<std::int64_t>(a.node[e]) * a.columns;
    T *to = a.rows + e * a.stride;
    V b[S];
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) b[s] = broadcast(a.basis[s * a.edge_stride + e]);
    for (int c = 0; c < a.columns; c += W) {
      V sum = b[0] * load(from + c);
#pragma GCC unroll 8
      for (int s = 1; s < S; ++s) sum += b[s] * load(from + s * a.columns + c);
      store(to + c, sum);
    }
  }
}

/// partial[0] += d rows . slope of the table
template <class T, int S>
void table_rows_backward(const EdgeRows<T> &a)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  for (int e = 0; e < a.edges; ++e) {
    const T *from = a.table + static_cast<std::int64_t>(a.node[e]) * a.columns;
    const T *d = a.drows + e * a.dstride;
    V sum[S];
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) sum[s] = V{};
    for (int c = 0; c < a.columns; c += W) {
      const V g = load(d + c);
#pragma GCC unroll 8
      for (int s = 0; s < S; ++s) sum[s] += g * load(from + s * a.columns + c);
    }
    T *partial = a.partial + e * (PARTIAL * W);
    V dr = load(partial);
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) dr += a.slope[s * a.edge_stride + e] * sum[s];
    store(partial, dr);
  }
}

/// sums[i] = sum over edges of Y[i] x, for N harmonics, NV vectors of columns
template <class T, int N, int NV>
NATROLITE_ALWAYS_INLINE void sum_harmonics_at(const EdgeRows<T> &a, int column)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  const T *Y = a.harmonics + a.first_harmonic * a.edge_stride;
  V sum[N][NV];
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i)
    for (int v = 0; v < NV; ++v) sum[i][v] = V{};
  for (int e = 0; e < a.edges; ++e) {
    V x[NV];
    for (int v = 0; v < NV; ++v) x[v] = load(a.rows + e * a.stride + column + v * W);
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i)
      for (int v = 0; v < NV; ++v) sum[i][v] += Y[i * a.edge_stride + e] * x[v];
  }
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i)
    for (int v = 0; v < NV; ++v) store(a.sums + i * a.sum_stride + column + v * W, sum[i][v]);
}

template <class T, int N>
void sum_harmonics_of(const EdgeRows<T> &a)
{
  constexpr int W = WIDTH<T>, NV = N * 2 <= (NATROLITE_VECTOR_BYTES == 64 ? 20 : 8) ? 2 : 1;
  int column = 0;
  for (; column + NV * W <= a.columns; column += NV * W) sum_harmonics_at<T, N, NV>(a, column);
  for (; column < a.columns; column += W) sum_harmonics_at<T, N, 1>(a, column);
}

/// d x (+)= sum over N harmonics of Y[i] d sums[i]; partial[1 + harmonic] += x . d sums
template <class T, int N>
void sum_harmonics_backward_of(const EdgeRows<T> &a)
{
  constexpr int W = WIDTH<T>;
  using V = Vector<T>;
  const T *Y = a.harmonics + a.first_harmonic * a.edge_stride;
  for (int e = 0; e < a.edges; ++e) {
    const T *x = a.rows + e * a.stride;
    T *dx = a.drows + e * a.dstride, *partial = a.partial + e * (PARTIAL * W) + (1 + a.first_harmonic) * W;
    V dY[N], y[N];
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) {
      dY[i] = V{};
      y[i] = broadcast(Y[i * a.edge_stride + e]);
    }
    for (int c = 0; c < a.columns; c += W) {
      const V here = load(x + c);
      V g = a.add ? load(dx + c) : V{};
#pragma GCC unroll 16
      for (int i = 0; i < N; ++i) {
        const V d = load(a.sums + i * a.sum_stride + c);
        g += y[i] * d;
        dY[i] += here * d;
      }
      store(dx + c, g);
    }
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) store(partial + i * W, load(partial + i * W) + dY[i]);
  }
}

template <class T>
void sum_harmonics(const EdgeRows<T> &a)
{
  switch (a.harmonics_here) {
  case 1:
    return sum_harmonics_of<T, 1>(a);
  case 3:
    return sum_harmonics_of<T, 3>(a);
  case 4:
    return sum_harmonics_of<T, 4>(a);
  case 5:
    return sum_harmonics_of<T, 5>(a);
  case 7:
    return sum_harmonics_of<T, 7>(a);
  case 9:
    return sum_harmonics_of<T, 9>(a);
  case 16:
    return sum_harmonics_of<T, 16>(a);
  default:
    return;
  }
}

template <class T>
void sum_harmonics_backward(const EdgeRows<T> &a)
{
  switch (a.harmonics_here) {
  case 1:
    return sum_harmonics_backward_of<T, 1>(a);
  case 3:
    return sum_harmonics_backward_of<T, 3>(a);
  case 4:
    return sum_harmonics_backward_of<T, 4>(a);
  case 5:
    return sum_harmonics_backward_of<T, 5>(a);
  case 7:
    return sum_harmonics_backward_of<T, 7>(a);
  case 9:
    return sum_harmonics_backward_of<T, 9>(a);
  case 16:
    return sum_harmonics_backward_of<T, 16>(a);
  default:
    return;
  }
}

/// out = sum over l of w[l] sum over m of Y[l m] Q[l m], for each channel
template <class T, int L>
void invariants_of(const EdgeRows<T> &a)
{
  constexpr int W = WIDTH<T>, N = (L + 1) * (L + 1);
  using V = Vector<T>;
  for (int c = 0; c < a.columns; c += W) {
    V Q[N];
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) Q[i] = load(a.sums + i * a.sum_stride + c);
    for (int e = 0; e < a.edges; ++e) {
      const T *w = a.rows + e * a.stride + c, *Y = a.harmonics + e;
      V s = V{};
#pragma GCC unroll 4
      for (int l = 0; l <= L; ++l) {
        V t = V{};
#pragma GCC unroll 8
        for (int i = l * l; i < (l + 1) * (l + 1); ++i) t += Y[i * a.edge_stride] * Q[i];
        s += load(w + l * a.columns) * t;
      }
      store(a.out + e * a.stride + c, s);
    }
  }
}

/// d out in a.out; d w (+)=, d Q in a.dsums =, partial +=
template <class T, int L>
void invariants_backward_of(const EdgeRows<T> &a)
{
  constexpr int W = WIDTH<T>, N = (L + 1) * (L + 1);
  using V = Vector<T>;
  for (int c = 0; c < a.columns; c += W) {
    V Q[N], dQ[N];
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) {
      Q[i] = load(a.sums + i * a.sum_stride + c);
      dQ[i] = V{};
    }
    for (int e = 0; e < a.edges; ++e) {
      const T *w = a.rows + e * a.stride + c, *Y = a.harmonics + e;
      T *dw = a.drows + e * a.dstride + c, *partial = a.partial + e * (PARTIAL * W) + W;
      const V ds = load(a.out + e * a.dstride + c);
#pragma GCC unroll 4
      for (int l = 0; l <= L; ++l) {
        const V wds = load(w + l * a.columns) * ds;
        V t = V{};
#pragma GCC unroll 8
        for (int i = l * l; i < (l + 1) * (l + 1); ++i) {
          const T y = Y[i * a.edge_stride];
          t += y * Q[i];
          dQ[i] += y * wds;
          if (l > 0) store(partial + i * W, load(partial + i * W) + wds * Q[i]);
        }
        T *to = dw + l * a.columns;
        store<T>(to, (a.add ? load(to) : V{}) + ds * t);
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) store(a.dsums + i * a.sum_stride + c, dQ[i]);
  }
}

template <class T>
void invariants(const EdgeRows<T> &a)
{
  switch (a.harmonics_here) {
  case 1:
    return invariants_of<T, 0>(a);
  case 4:
    return invariants_of<T, 1>(a);
  case 9:
    return invariants_of<T, 2>(a);
  case 16:
    return invariants_of<T, 3>(a);
  default:
    return;
  }
}

template <class T>
void invariants_backward(const EdgeRows<T> &a)
{
  switch (a.harmonics_here) {
  case 1:
    return invariants_backward_of<T, 0>(a);
  case 4:
    return invariants_backward_of<T, 1>(a);
  case 9:
    return invariants_backward_of<T, 2>(a);
  case 16:
    return invariants_backward_of<T, 3>(a);
  default:
    return;
  }
}

/// out = factor f(rows), and the rows become its slope
template <class T>
void activate_rows(Activation kind, T factor, const EdgeRows<T> &a)
{
  for (int e = 0; e < a.edges; ++e)
    for (int c = 0; c < a.columns; c += WIDTH<T>) {
      Vector<T> f{}, slope{};
      T *x = a.rows + e * a.stride + c;
      activation_at<T>(kind, load(x), f, slope);
      store<T>(a.out + e * a.stride + c, factor * f);
      store<T>(x, factor * slope);
    }
}

/// gradients times the slope in the rows
template <class T>
void activate_rows_backward(const EdgeRows<T> &a)
{
  for (int e = 0; e < a.edges; ++e)
    for (int c = 0; c < a.columns; c += WIDTH<T>)
      store<T>(a.drows + e * a.dstride + c,
               load(a.drows + e * a.dstride + c) * load(a.rows + e * a.stride + c));
}

}    // namespace natrolite::NATROLITE_ISA
