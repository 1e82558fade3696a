// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The inside of Network, shared by its source files.
#pragma once

#include "network.h"

#include "edge_loader.h"
#include "layers/layer.h"
#include "plan.h"
#include "radial.h"
#include "shared_rows.h"

#include <memory>
#include <utility>
#include <vector>

namespace natrolite::native {

template <class T>
struct Network<T>::Impl {
  Impl(Description description, int nthreads);

  void build_layers(const Description &d);
  void tabulate(const std::vector<std::int64_t> &of_types);
  void prepare_types(const std::int64_t *type, std::int64_t n);
  void load_graph(const Graph &graph);
  void allocate(const Graph &graph);
  void clear(T *from, std::int64_t n) const;
  void run_pass(const Pass &pass, const Graph &graph, Exchange &exchange);
  void run_phase(const Pass &pass, const Graph &graph, int phase);
  void run_block(Workspace<T> &work, const Pass &pass, const Graph &graph, int thread);
  void prepare(Workspace<T> &work, const Graph &graph, bool slopes);
  const T *scales_of(Workspace<T> &work) const;
  Operands<T> operands(const Workspace<T> &work, const Pass &pass, int step) const;
  Rows<T> rows_at(const Workspace<T> &work, const Place &place, int value) const;
  T *ghosts(const Place &place, int value) const;
  void exchange_rows(Exchange &exchange, const Place &place, int value, bool forward) const;

  Plan plan;
  int types, lmax, threads;
  double cutoff;
  const Kernels<T> &kernels;
  Grid<T> grid;
  std::vector<Radial> radials;
  std::vector<Tabulated<T> *> tabulated;            ///< among the layers
  bool typed = false;                               ///< tables by the types of a pair
  std::vector<T> pair_scales;                       ///< [center, neighbor] cutoff / pair_cutoff, or empty
  std::vector<std::int64_t> present;                ///< types that have tables
  std::vector<Layout> layouts;                      ///< [value]
  std::vector<std::unique_ptr<Layer<T>>> layers;    ///< [step]; null = exchange
  std::vector<Buffer<T>> memories;                  ///< of all atoms, as planned
  std::vector<Buffer<T>> sent;                      ///< [value] ghost rows that are needed again
  std::vector<Buffer<T>> scratch;                   ///< [thread]
  std::vector<Workspace<T>> workspaces;             ///< [thread]
  EdgeTable<T> edges;
  SharedRows shared;
  RowForces forces;                        ///< for compact edges
  std::vector<double> energy, gradient;    ///< [nlocal]; [nedges][3] for others
};

}    // namespace natrolite::native
