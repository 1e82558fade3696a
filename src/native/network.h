// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Runs a described network on a graph: energies, and their gradient by the edge vectors.
///
/// The steps are cut into stages: a stage begins with a convolution, which reads rows of neighbors,
/// and goes on with steps that read an atom's own rows. A stage runs over blocks of atoms, so that
/// what lives within it stays in the cache; only what neighbors read and what the gradient needs
/// again is kept for all atoms.
#pragma once

#include "description.h"
#include "kernels.h"

#include "model/model.h"

#include <memory>

namespace natrolite::native {

template <class T>
class Network {
public:
  static constexpr bool TAKES_COMPACT_EDGES = true;    ///< takes compact edges

  /// Throws std::runtime_error if the steps do not make a network.
  Network(Description description, int threads);
  ~Network();
  /// Collective. The result's pointers live until the next evaluation.
  void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result);
  double memory_bytes() const;
  /// elements of the widest row that is exchanged
  int exchange_width() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

extern template class Network<float>;
extern template class Network<double>;

}    // namespace natrolite::native
