// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "native/buffer.h"
#include "native/description.h"
#include "native/kernels.h"

#include "monomials.h"

#include <vector>

namespace natrolite::native {

/// Where rows of components [component][channel] lie in the memory of a center.
struct Components {
  int offset = 0, count = 0;
};

/// A tensor product whose first factor is left open: what its output y gives to each component of that
/// factor, x[a] = sum over j, c of coefficient[a j c] env[j] y[c]; without y its invariant alone, y[0] = 1.
template <class T>
class Contraction {
public:
  /// padded: elements between two components. env, y, x: their places; y.count = 0: the invariant
  Contraction(const Edgewise::Product &product, int channels, int padded, Components env, Components y,
              Components x, const Kernels<T> &kernels);
  /// elements of scratch memory
  std::size_t scratch() const { return monomials_.scratch(kernels_.width); }
  void forward(T *center, T *scratch) const;
  /// adds to the gradients of env and y in dcenter; spare: another memory of a center
  void backward(T *center, T *dcenter, T *spare, T *scratch) const;
  double memory_bytes() const { return coefficients_.bytes(); }

private:
  struct Entry {
    int a, j, c;
    std::vector<double> weights;    ///< [channels]
  };
  std::vector<Entry> entries_of(const Edgewise::Product &product, int channels, bool invariant) const;
  ProductArguments<T> arguments(T *center, T *scratch, int vector) const;

  const Kernels<T> &kernels_;
  int padded_;
  Monomials monomials_;
  Buffer<T> coefficients_;    ///< [vector][entry][lane]
};

}    // namespace natrolite::native
