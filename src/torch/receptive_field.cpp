// SPDX-License-Identifier: GPL-2.0-only
#include "receptive_field.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace natrolite {

namespace {

  constexpr int MAX_LAYERS = 20;

  /// A zigzag chain in which only consecutive atoms are neighbors, as a graph that owns its end.
  struct Chain {
    std::vector<double> vec;
    std::vector<std::int64_t> index, types;
    Graph graph;

    Chain(int ntypes, double cutoff)
    {
      const std::int64_t n = MAX_LAYERS + 2;
      const double along = 0.7 * cutoff, across = 0.15 * cutoff, up = 0.05 * cutoff;
      std::vector<std::int64_t> neighbors;
      const auto edge = [&](std::int64_t i, std::int64_t j) {
        const double sign = j > i ? 1.0 : -1.0, side = std::min(i, j) % 2 ? -1.0 : 1.0;
        vec.insert(vec.end(), {sign * along, sign * side * across, sign * up});
        index.push_back(i);
        neighbors.push_back(j);
      };
      for (std::int64_t i = 0; i < n; ++i) {
        if (i > 0) edge(i, i - 1);
        if (i + 1 < n) edge(i, i + 1);
        types.push_back(i % ntypes);
      }
      graph.nedges = static_cast<std::int64_t>(index.size());
      index.insert(index.end(), neighbors.begin(), neighbors.end());
      graph.nowned = 1;
      graph.nlocal = graph.nall = n;
      graph.edge_vec = vec.data();
      graph.edge_index = index.data();
      graph.types = types.data();
    }
  };

}    // namespace

int count_layers(Model &model)
{
  const Metadata &m = model.metadata();
  const double shortest =
      m.pair_cutoffs.empty() ? m.r_max : *std::min_element(m.pair_cutoffs.begin(), m.pair_cutoffs.end());
  const Chain chain(static_cast<int>(m.type_names.size()), shortest);
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
