// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Runs a described charged network on a graph: energies, charges, and the gradient of the energy by
/// the edge vectors. On every rank one evaluation makes the same exchanges and sums.
#pragma once

#include "description.h"

#include "model/model.h"

#include <memory>

namespace natrolite::native::charged {

template <class T>
class ChargedNetwork {
public:
  static constexpr bool TAKES_COMPACT_EDGES = false;    ///< takes compact edges

  /// Throws std::runtime_error if the description cannot be run.
  ChargedNetwork(ChargedDescription description, int threads);
  ~ChargedNetwork();
  /// Collective. The result's pointers live until the next evaluation.
  void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result);
  /// elements of the widest row that is exchanged
  int exchange_width() const;
  /// of edges, and of atoms but for the rows of the modules
  double memory_bytes() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

extern template class ChargedNetwork<float>;
extern template class ChargedNetwork<double>;

}    // namespace natrolite::native::charged
