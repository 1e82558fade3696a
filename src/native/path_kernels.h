// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// One path of a convolution: sum over edges of w(r) C(x, Y), and its gradients.
///
/// Forward, for a center: outer[m1][m2] = sum_e w_e x_e[m1] Y_e[m2], then once per center
/// out[m3] += sum C[m1][m2][m3] outer[m1][m2].
/// Backward: H[m1][m2] = sum_m3 C[m1][m2][m3] g[m3] once per center, then per edge
/// t[m1] = sum_m2 H[m1][m2] Y[m2]: d/dx[m1] = w t[m1], d/dw = x . t, d/dY[m2] = w sum_m1 x[m1] H[m1][m2].
/// Only pairs (m1, m2) that real Wigner 3j symbols couple are formed.
#pragma once

#include "kernels.h"
#include "core/simd.h"

#include <algorithm>

namespace natrolite::NATROLITE_ISA {

using native::couples;
using native::HARMONICS;
using native::PathArguments;

template <int L1, int L2, int L3>
struct Pairs {
  int count = 0;
  int m1[(2 * L1 + 1) * (2 * L2 + 1)] = {}, m2[(2 * L1 + 1) * (2 * L2 + 1)] = {};
  constexpr Pairs()
  {
    for (int i = -L1; i <= L1; ++i)
      for (int j = -L2; j <= L2; ++j) {
        bool any = false;
        for (int k = -L3; k <= L3; ++k) any = any || couples(L1, i, L2, j, L3, k);
        if (!any) continue;
        m1[count] = i + L1;
        m2[count] = j + L2;
        ++count;
      }
  }
};

/// Vectors of channels at once: as many as leave the sums in registers.
template <int L1, int L2, int L3>
constexpr int group_of()
{
  constexpr int sums = Pairs<L1, L2, L3>{}.count;
  constexpr int registers = NATROLITE_VECTOR_BYTES == 64 ? 20 : 8;
  return sums * 4 <= registers ? 4 : sums * 2 <= registers ? 2 : 1;
}

/// Groups of a backward pass at once: as many as leave their H in the first cache. Groups of several vectors
/// gain nothing.
template <int L1, int L2, int L3, int NV>
constexpr int backward_groups()
{
  constexpr int bytes = Pairs<L1, L2, L3>{}.count * NATROLITE_VECTOR_BYTES, cache = 12288, most = 16;
  return NV > 1 ? 1 : std::min(most, cache / bytes);
}

template <class T, int S, int NV>
NATROLITE_ALWAYS_INLINE void weights_at(const T *table, const T *b, int stride, Vector<T> (&w)[NV])
{
  constexpr int W = WIDTH<T>;
  for (int v = 0; v < NV; ++v) w[v] = b[0] * load(table + v * W);
  for (int k = 1; k < S; ++k)
    for (int v = 0; v < NV; ++v) w[v] += b[k * stride] * load(table + (k * NV + v) * W);
}

template <class T, int S, int L1, int L2, int L3, int NV>
void path_forward(const PathArguments<T> &a)
{
  constexpr int W = WIDTH<T>, N1 = 2 * L1 + 1, N2 = 2 * L2 + 1, N3 = 2 * L3 + 1;
  constexpr Pairs<L1, L2, L3> pairs;
  using V = Vector<T>;
  V outer[pairs.count][NV];
  for (int p = 0; p < pairs.count; ++p)
    for (int v = 0; v < NV; ++v) outer[p][v] = V{};
  for (int e = 0; e < a.edges; ++e) {
    const T *x = a.x + a.row[e], *Y = a.harmonics + e;
    V w[NV];
    weights_at<T, S, NV>(a.table + static_cast<std::int64_t>(a.node[e]) * (NV * W), a.basis + e, a.stride, w);
    V wx[N1][NV];
#pragma GCC unroll 8
    for (int m = 0; m < N1; ++m)
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) wx[m][v] = w[v] * load(x + m * a.x_stride + v * W);
#pragma GCC unroll 64
    for (int p = 0; p < pairs.count; ++p) {
      const T y = Y[pairs.m2[p] * a.stride];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) outer[p][v] += y * wx[pairs.m1[p]][v];
    }
  }
  V out[N3][NV];
#pragma GCC unroll 8
  for (int m = 0; m < N3; ++m)
    for (int v = 0; v < NV; ++v) out[m][v] = load(a.out + m * a.out_stride + v * W);
#pragma GCC unroll 64
  for (int p = 0; p < pairs.count; ++p)
#pragma GCC unroll 8
    for (int m = 0; m < N3; ++m)
      if (couples(L1, pairs.m1[p] - L1, L2, pairs.m2[p] - L2, L3, m - L3)) {
        const T c = a.coupling[(pairs.m1[p] * N2 + pairs.m2[p]) * N3 + m];
        for (int v = 0; v < NV; ++v) out[m][v] += c * outer[p][v];
      }
#pragma GCC unroll 8
  for (int m = 0; m < N3; ++m)
    for (int v = 0; v < NV; ++v) store(a.out + m * a.out_stride + v * W, out[m][v]);
}

/// H[pair][vector]: the coupling contracted with the gradient of the center's sums, at the channels of a
/// group
template <class T, int L1, int L2, int L3, int NV>
NATROLITE_ALWAYS_INLINE void contract_gradient(const PathArguments<T> &a, const T *gradient, T *H)
{
  constexpr int W = WIDTH<T>, N2 = 2 * L2 + 1, N3 = 2 * L3 + 1;
  constexpr Pairs<L1, L2, L3> pairs;
  using V = Vector<T>;
#pragma GCC unroll 64
  for (int p = 0; p < pairs.count; ++p)
    for (int v = 0; v < NV; ++v) {
      V sum = V{};
#pragma GCC unroll 8
      for (int m = 0; m < N3; ++m)
        if (couples(L1, pairs.m1[p] - L1, L2, pairs.m2[p] - L2, L3, m - L3))
          sum += a.coupling[(pairs.m1[p] * N2 + pairs.m2[p]) * N3 + m] *
                 load(gradient + m * a.out_stride + v * W);
      store(H + (p * NV + v) * W, sum);
    }
}

/// One vector of the weights of edge e, and their derivatives by r.
template <class T, int S, int NV>
NATROLITE_ALWAYS_INLINE void weight_at(const PathArguments<T> &a, int e, const T *table, Vector<T> &w,
                                       Vector<T> &slope)
{
  const T *b = a.basis + e, *s = a.slope + e;
  w = slope = Vector<T>{};
#pragma GCC unroll 8
  for (int k = 0; k < S; ++k) {
    const Vector<T> c = load(table + k * NV * WIDTH<T>);
    w += b[k * a.stride] * c;
    slope += s[k * a.stride] * c;
  }
}

/// Lanes' parts of d/dr and d/dharmonics of one edge.
template <class T, int L2>
NATROLITE_ALWAYS_INLINE void add_partial(const PathArguments<T> &a, int e, Vector<T> dr,
                                         const Vector<T> (&dY)[2 * L2 + 1])
{
  constexpr int W = WIDTH<T>;
  T *partial = a.partial + static_cast<std::int64_t>(e) * ((1 + HARMONICS) * W);
  store(partial, load(partial) + dr);
  if (L2 > 0) {
    partial += (1 + a.first_harmonic) * W;
#pragma GCC unroll 8
    for (int m = 0; m < 2 * L2 + 1; ++m) store(partial + m * W, load(partial + m * W) + dY[m]);
  }
}

/// One vector of channels of one edge: adds to d/dr, d/dharmonics and the gradient of x.
template <class T, int L1, int L2, int L3, int NV>
NATROLITE_ALWAYS_INLINE void backward_vector(const PathArguments<T> &a, const T *Y, const T *H, const T *x,
                                             T *dx, Vector<T> w, Vector<T> slope, Vector<T> &dr,
                                             Vector<T> (&dY)[2 * L2 + 1])
{
  constexpr int W = WIDTH<T>, N1 = 2 * L1 + 1;
  constexpr Pairs<L1, L2, L3> pairs;
  using V = Vector<T>;
  V t[N1], wx[N1], dw = V{};
#pragma GCC unroll 8
  for (int m = 0; m < N1; ++m) {
    t[m] = V{};
    wx[m] = w * load(x + m * a.x_stride);
  }
#pragma GCC unroll 64
  for (int p = 0; p < pairs.count; ++p) {
    const V h = load(H + p * NV * W);
    t[pairs.m1[p]] += Y[pairs.m2[p] * a.stride] * h;
    if (L2 > 0) dY[pairs.m2[p]] += wx[pairs.m1[p]] * h;
  }
#pragma GCC unroll 8
  for (int m = 0; m < N1; ++m) {
    dw += t[m] * load(x + m * a.x_stride);
    T *to = dx + m * a.x_stride;
    store(to, load(to) + w * t[m]);
  }
  dr += slope * dw;
}

template <class T, int S, int L1, int L2, int L3, int NV>
void path_backward(const PathArguments<T> &a)
{
  constexpr int W = WIDTH<T>, N2 = 2 * L2 + 1;
  constexpr int H_OF_GROUP = Pairs<L1, L2, L3>{}.count * NV * W;
  using V = Vector<T>;
  constexpr int most = backward_groups<L1, L2, L3, NV>();
  const int groups = most == 1 ? 1 : a.groups;    // a constant that the compiler sees
  alignas(64) T H[H_OF_GROUP * most];
  for (int g = 0; g < groups; ++g)
    contract_gradient<T, L1, L2, L3, NV>(a, a.out + g * NV * W, H + g * H_OF_GROUP);
  for (int e = 0; e < a.edges; ++e) {
    const T *x = a.x + a.row[e], *Y = a.harmonics + e;
    const T *table = a.table + static_cast<std::int64_t>(a.node[e]) * (NV * W);
    T *dx = a.dx + a.gradient_row[e];
    V dY[N2], dr = V{};
#pragma GCC unroll 8
    for (int m = 0; m < N2; ++m) dY[m] = V{};
    for (int g = 0; g < groups; ++g) {
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) {
        const int channel = (g * NV + v) * W;
        V w, slope;
        weight_at<T, S, NV>(a, e, table + g * a.group_stride + v * W, w, slope);
        backward_vector<T, L1, L2, L3, NV>(a, Y, H + g * H_OF_GROUP + v * W, x + channel, dx + channel, w,
                                           slope, dr, dY);
      }
    }
    add_partial<T, L2>(a, e, dr, dY);
  }
}

}    // namespace natrolite::NATROLITE_ISA
