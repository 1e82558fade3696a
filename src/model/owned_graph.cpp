// SPDX-License-Identifier: GPL-2.0-only
#include "owned_graph.h"

namespace natrolite {

void OwnedGraph::add_edge(std::int64_t center, std::int64_t neighbor, const Vec3 &v)
{
  vec.insert(vec.end(), {v.x, v.y, v.z});
  index.push_back(center);
  neighbors_.push_back(neighbor);
}

void OwnedGraph::finish()
{
  graph.nedges = static_cast<std::int64_t>(neighbors_.size());
  graph.nowned = graph.nlocal = graph.nall = static_cast<std::int64_t>(types.size());
  index.insert(index.end(), neighbors_.begin(), neighbors_.end());
  graph.edge_vec = vec.data();
  graph.edge_index = index.data();
  graph.types = types.data();
}

}    // namespace natrolite
