// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "core/vec3.h"
#include "model.h"

#include <cstdint>
#include <vector>

namespace natrolite {

/// A small graph that has its arrays itself. Give types and edges, then finish().
struct OwnedGraph {
  std::vector<double> vec;            ///< [nedges, 3]
  std::vector<std::int64_t> index;    ///< [2, nedges] once it is finished
  std::vector<std::int64_t> types;    ///< [nall]
  Graph graph;                        ///< points to these

  OwnedGraph() = default;
  OwnedGraph(const OwnedGraph &) = delete;
  OwnedGraph &operator=(const OwnedGraph &) = delete;

  void add_edge(std::int64_t center, std::int64_t neighbor, const Vec3 &v);
  /// sizes and pointers of graph; all rows are owned, unless graph.nowned and nlocal are set afterwards
  void finish();

private:
  std::vector<std::int64_t> neighbors_;
};

}    // namespace natrolite
