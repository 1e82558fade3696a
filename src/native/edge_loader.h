// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// From the edges of a graph, in either of its forms, to the arrays of a block, and from gradients of edges
/// to forces.
#pragma once

#include "layers/layer.h"
#include "shared_rows.h"

#include "model/model.h"

#include <vector>

namespace natrolite::native {

/// Sums over edges for rows: forces, and virials where they are wanted.
class RowForces {
public:
  /// clears the sums; for compact edges only
  void start(const Graph &graph, std::int64_t extra, int threads);
  /// add what the gradients [edges][3] of the edges of rows [begin, end) give
  void add(const Graph &graph, int thread, std::int64_t begin, std::int64_t end, const double *gradient,
           const std::int32_t *sum_rows);
  /// after the threads of a phase
  void sum(const SharedRows &shared, int phase);
  void finish(Evaluation &result);
  double memory_bytes() const;

private:
  void add_virial(const double *v, const double *g, std::int64_t center, std::int64_t neighbor,
                  double *total);

  std::vector<double> force, virial, centroid;    ///< [nall + extra][3], [6], [9]; the last two may be empty
  std::vector<double> totals;                     ///< [threads][16]: the virial
  bool wanted = false;                            ///< the virials
};

/// Unit vectors, distances and rows of neighbors of the edges of a block.
template <class T>
void load_edges(const Graph &graph, const Kernels<T> &kernels, Workspace<T> &work);

extern template void load_edges<float>(const Graph &, const Kernels<float> &, Workspace<float> &);
extern template void load_edges<double>(const Graph &, const Kernels<double> &, Workspace<double> &);

}    // namespace natrolite::native
