// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Polynomials of the components of a channel, a vector of channels at a time.
///
/// Monomials of order 2 are products of two components, those of order 3 of one of order 2 and a
/// component. out[o] = sum over entries (monomial, coefficient) of o; coefficients by channel.
#pragma once

#include "kernels.h"
#include "core/simd.h"

namespace natrolite::NATROLITE_ISA {

using native::ProductArguments;

/// monomials: components, then order 2, then order 3
template <class T>
NATROLITE_ALWAYS_INLINE void form_monomials(const ProductArguments<T> &a, T *monomial)
{
  constexpr int W = WIDTH<T>;
  for (int d = 0; d < a.components; ++d) store(monomial + d * W, load(a.x + a.component[d]));
  int at = a.components;
  for (int k = 0; k < a.pairs + a.triples; ++k, ++at)
    store<T>(monomial + at * W, load(monomial + a.left[k] * W) * load(monomial + a.right[k] * W));
}

template <class T>
void product_forward(const ProductArguments<T> &a)
{
  constexpr int W = WIDTH<T>;
  form_monomials(a, a.scratch);
  const T *coefficient = a.coefficients;
  for (int o = 0; o < a.outputs; ++o) {
    Vector<T> sum{}, other{};
    int e = a.first[o];
    for (; e + 1 < a.first[o + 1]; e += 2) {
      sum += load(coefficient + e * W) * load(a.scratch + a.monomial[e] * W);
      other += load(coefficient + (e + 1) * W) * load(a.scratch + a.monomial[e + 1] * W);
    }
    if (e < a.first[o + 1]) sum += load(coefficient + e * W) * load(a.scratch + a.monomial[e] * W);
    store<T>(a.out + a.output[o], sum + other);
  }
}

/// d out in a.out, d x set in a.dx
template <class T>
void product_backward(const ProductArguments<T> &a)
{
  constexpr int W = WIDTH<T>;
  const int count = a.components + a.pairs + a.triples;
  T *gradient = a.scratch + count * W;
  form_monomials(a, a.scratch);
  for (int k = 0; k < count; ++k) store(gradient + k * W, Vector<T>{});
  for (int o = 0; o < a.outputs; ++o) {
    const Vector<T> g = load(a.out + a.output[o]);
    for (int e = a.first[o]; e < a.first[o + 1]; ++e) {
      T *to = gradient + a.monomial[e] * W;
      store<T>(to, load(to) + g * load(a.coefficients + e * W));
    }
  }
  for (int k = a.pairs + a.triples; k-- > 0;) {    // triples give to pairs, pairs to components
    const Vector<T> g = load(gradient + (a.components + k) * W);
    T *left = gradient + a.left[k] * W;
    store<T>(left, load(left) + g * load(a.scratch + a.right[k] * W));
    T *right = gradient + a.right[k] * W;
    store<T>(right, load(right) + g * load(a.scratch + a.left[k] * W));
  }
  for (int d = 0; d < a.components; ++d) store(a.dx + a.component[d], load(gradient + d * W));
}

}    // namespace natrolite::NATROLITE_ISA
