// SPDX-License-Identifier: GPL-2.0-only
#include "receptive_field.h"

#include "model/cutoffs.h"
#include "model/owned_graph.h"

#include <algorithm>
#include <stdexcept>

namespace natrolite {

namespace {

  constexpr int MAX_LAYERS = 20;

  /// A zigzag chain in which only consecutive atoms are neighbors; one row is owned, its end.
  struct Chain : OwnedGraph {
    Chain(int ntypes, double cutoff)
    {
      const std::int64_t n = MAX_LAYERS + 2;
      const double along = 0.7 * cutoff, across = 0.15 * cutoff, up = 0.05 * cutoff;
      const auto edge = [&](std::int64_t i, std::int64_t j) {
        const double sign = j > i ? 1.0 : -1.0, side = std::min(i, j) % 2 ? -1.0 : 1.0;
        add_edge(i, j, {sign * along, sign * side * across, sign * up});
      };
      for (std::int64_t i = 0; i < n; ++i) {
        if (i > 0) edge(i, i - 1);
        if (i + 1 < n) edge(i, i + 1);
        types.push_back(i % ntypes);
      }
      finish();
      graph.nowned = 1;
    }
  };

}    // namespace

int count_layers(Model &model)
{
  const PairCutoffs cutoffs = cutoffs_of(model.metadata());
  const Chain chain(cutoffs.ntypes(), cutoffs.shortest());
  NoExchange alone;
  Evaluation result;
  model.evaluate(chain.graph, alone, result);
  std::int64_t furthest = 0;
  for (std::int64_t e = 0; e < chain.graph.nedges; ++e)
    for (int d = 0; d < 3; ++d)
      if (result.edge_gradient[3 * e + d] != 0.0)
        furthest = std::max({furthest, chain.index[e], chain.index[chain.graph.nedges + e]});
  if (furthest < 1 || furthest > MAX_LAYERS)
    throw std::runtime_error("the number of its message-passing layers cannot be found: export the "
                             "original model with 'natrolite export'");
  return static_cast<int>(furthest);
}

}    // namespace natrolite
