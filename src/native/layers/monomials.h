// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Which polynomials of the components of a channel Kernels::product_forward forms.
#pragma once

#include "native/kernels.h"

#include <cstddef>
#include <vector>

namespace natrolite::native {

/// The lists of ProductArguments: monomials are the components, then pairs, then `triples` of a pair and a
/// component.
struct Monomials {
  std::vector<int> component, left, right;     ///< offsets in x; factors, as monomials
  std::vector<int> output, first, monomial;    ///< offsets in out; entries of each, [outputs + 1]
  int triples = 0;

  int count() const { return static_cast<int>(component.size() + left.size()); }
  /// elements of ProductArguments::scratch
  std::size_t scratch(int width) const { return 2 * static_cast<std::size_t>(count()) * width; }
  /// without coefficients, x, dx, out and scratch
  template <class T>
  ProductArguments<T> arguments() const
  {
    ProductArguments<T> a;
    a.components = static_cast<int>(component.size());
    a.pairs = static_cast<int>(left.size()) - triples;
    a.triples = triples;
    a.outputs = static_cast<int>(output.size());
    a.component = component.data();
    a.output = output.data();
    a.left = left.data();
    a.right = right.data();
    a.first = first.data();
    a.monomial = monomial.data();
    return a;
  }
};

}    // namespace natrolite::native
