// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// First features of atoms: from the element, the total charge and the unpaired electrons. They are
/// functions of the type alone, given how many atoms of each type there are.
#pragma once

#include "dense.h"

namespace natrolite::native::charged {

/// Numbers of the whole system.
struct Electrons {
  double charge = 0.0, spin = 0.0;
  std::vector<double> counts;    ///< [types] atoms of all ranks
  bool operator==(const Electrons &) const = default;
};

template <class T>
class Embedding {
public:
  Embedding(const ChargedDescription &d, int width, const Kernels<T> &kernels);
  /// x [types that are there][width]; present: which they are
  void evaluate(const Electrons &electrons, const std::vector<std::int64_t> &present, T *x) const;

private:
  struct Part {
    EmbeddingShape shape;
    Readout<T> readout;
  };
  std::vector<double> shares(const EmbeddingShape &shape, const Electrons &electrons,
                             const std::vector<double> &split) const;
  void add(const Part &part, double amount, const Electrons &electrons,
           const std::vector<std::int64_t> &present, T *x) const;

  int features_, width_;
  Array elements_;
  Part charge_, spin_;
};

}    // namespace natrolite::native::charged
