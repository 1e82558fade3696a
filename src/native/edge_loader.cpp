// SPDX-License-Identifier: GPL-2.0-only
#include "edge_loader.h"

#include "core/edge_functions.h"

#include <algorithm>
#include <cmath>

namespace natrolite::native {

namespace {

  constexpr std::size_t TOTAL = 16;    ///< doubles of a thread, two cache lines

  /// calls f(edge, row of the neighbor, vector) for the edges of a center
  template <class F>
  void for_each_edge(const Graph &graph, std::int64_t row, F &&f)
  {
    const CompactEdges &c = *graph.compact;
    const double *xi = c.x[c.atom_of_row[row]];
    for (std::int64_t e = c.first[row]; e < c.first[row + 1]; ++e) {
      double v[3];
      edge_vector(xi, c.x[c.atom[e]], v);
      f(e, c.row_of_atom[c.atom[e]], v);
    }
  }

  template <class T>
  void put(const EdgeArrays<T> &a, std::int64_t at, const double *v)
  {
    const double r = std::sqrt(squared_norm(v)), inverse = 1.0 / r;
    a.x[at] = static_cast<T>(v[0] * inverse);
    a.y[at] = static_cast<T>(v[1] * inverse);
    a.z[at] = static_cast<T>(v[2] * inverse);
    a.r[at] = static_cast<T>(r);
  }

}    // namespace

template <class T>
void load_edges(const Graph &graph, const Kernels<T> &kernels, Workspace<T> &work)
{
  allocate_edges(work, kernels);
  const std::int64_t begin = work.first_edge(), n = work.nedges();
  if (!graph.compact) {
    work.neighbor = graph.edge_index + graph.nedges + begin;
    for (std::int64_t e = 0; e < n; ++e) put(work.edges, e, graph.edge_vec + 3 * (begin + e));
    return;
  }
  work.neighbors.reserve(n + 1);
  work.neighbor = work.neighbors.data();
  for (std::int64_t row = work.begin; row < work.end; ++row)
    for_each_edge(graph, row, [&](std::int64_t e, std::int64_t neighbor, const double *v) {
      work.neighbors.data()[e - begin] = neighbor;
      put(work.edges, e - begin, v);
    });
}

void RowForces::start(const Graph &graph, std::int64_t extra, int threads)
{
  const auto rows = static_cast<std::size_t>(graph.nall + extra);
  force.assign(3 * rows, 0.0);
  virial.assign(graph.compact->row_virial ? 6 * rows : 0, 0.0);
  centroid.assign(graph.compact->row_centroid ? 9 * rows : 0, 0.0);
  totals.assign(TOTAL * threads, 0.0);
  wanted = graph.compact->virial;
}

void RowForces::add(const Graph &graph, int thread, std::int64_t begin, std::int64_t end,
                    const double *gradient, const std::int32_t *sum_rows)
{
  const auto sum_row = [&](std::int64_t row) { return sum_rows ? sum_rows[row] : row; };
  double *total = totals.data() + TOTAL * thread;
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t center = sum_row(row);
    double mine[3] = {};
    for_each_edge(graph, row, [&](std::int64_t, std::int64_t to, const double *v) {
      const std::int64_t neighbor = sum_row(to);
      for (int d = 0; d < 3; ++d) {
        mine[d] += gradient[d];
        force[3 * neighbor + d] -= gradient[d];
      }
      if (graph.compact->virial) add_virial(v, gradient, center, neighbor, total);
      gradient += 3;
    });
    for (int d = 0; d < 3; ++d) force[3 * center + d] += mine[d];
  }
}

void RowForces::add_virial(const double *v, const double *g, std::int64_t center, std::int64_t neighbor,
                           double *total)
{
  double w[9];
  edge_virial(v, g, w);
  for (int k = 0; k < 9; ++k) total[k] += w[k];
  double *six = virial.empty() ? nullptr : virial.data();
  add_edge_virial(w, six ? six + 6 * center : nullptr, six ? six + 6 * neighbor : nullptr,
                  centroid.empty() ? nullptr : centroid.data() + 9 * neighbor);
}

void RowForces::sum(const SharedRows &shared, int phase)
{
  shared.sum(phase, force.data(), 3);
  if (!virial.empty()) shared.sum(phase, virial.data(), 6);
  if (!centroid.empty()) shared.sum(phase, centroid.data(), 9);
}

void RowForces::finish(Evaluation &result)
{
  double w[9] = {};
  for (std::size_t thread = 0; thread < totals.size() / TOTAL; ++thread)
    for (int k = 0; k < 9; ++k) w[k] += totals[TOTAL * thread + k];
  const double square[9] = {w[0], w[3], w[4], w[6], w[1], w[5], w[7], w[8], w[2]};    // row by row
  std::copy_n(square, 9, totals.begin());
  result.row_forces = force.data();
  if (wanted) result.virial = totals.data();
  if (!virial.empty()) result.row_virial = virial.data();
  if (!centroid.empty()) result.row_centroid = centroid.data();
}

double RowForces::memory_bytes() const
{
  return static_cast<double>(force.capacity() + virial.capacity() + centroid.capacity() + totals.capacity()) *
         sizeof(double);
}

template void load_edges<float>(const Graph &, const Kernels<float> &, Workspace<float> &);
template void load_edges<double>(const Graph &, const Kernels<double> &, Workspace<double> &);

}    // namespace natrolite::native
