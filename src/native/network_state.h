// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The inside of Network, shared by its source files.
#pragma once

#include "network.h"

#include "layers/layer.h"
#include "plan.h"
#include "radial.h"

#include <memory>
#include <utility>
#include <vector>

namespace natrolite::native {

template <class T> struct Network<T>::Impl {
  Impl(Description description, int nthreads);

  void build_layers(const Description &d);
  void tabulate(const std::vector<std::int64_t> &of_types);
  void see_types(const std::int64_t *type, std::int64_t n);
  void load_graph(const Graph &graph);
  void make_room();
  void run_stage(const Stage &stage, bool forward);
  void run_block(Work<T> &work, const Stage &stage, bool forward);
  void prepare(Work<T> &work, bool slopes);
  const T *scales_of(Work<T> &work) const;
  Operands<T> operands(const Work<T> &work, int step) const;
  Rows<T> rows_of(const Work<T> &work, int value, bool gradient) const;
  T *gathered_gradient(int value, int thread) const;
  void clear_gathered(const Stage &stage);
  void sum_gathered(const Stage &stage);
  void exchange_rows(Exchange &exchange, int value, bool forward);

  Plan plan;
  int types, lmax, threads;
  double cutoff;
  const Kernels<T> &kernels;
  Grid<T> grid;
  std::vector<Radial> radials;
  std::vector<Tabulated<T> *> tabulated;             ///< among the layers
  bool typed = false;                                ///< tables by the types of a pair
  std::vector<T> pair_scales;                        ///< [center, neighbor] cutoff / pair_cutoff, or empty
  std::vector<std::int64_t> present;                 ///< types that have tables
  std::vector<Layout> layouts;                       ///< [value]
  std::vector<std::unique_ptr<Layer<T>>> layers;     ///< [step]; null = exchange
  std::vector<Buffer<T>> kept, kept_gradient;        ///< [value]
  std::vector<std::int64_t> scratch_at, scratch_gradient_at;    ///< [value] per row of a block
  std::int64_t scratch_width = 0, gathered_width = 0;
  Buffer<T> gathered[2];                             ///< [thread][nall][width], by turns
  std::vector<Buffer<T>> scratch;                    ///< [thread]
  std::vector<Work<T>> works;                        ///< [thread]
  EdgeTable<T> edges;
  std::vector<double> energy, gradient;              ///< [nlocal], [nedges][3]
};

}    // namespace natrolite::native
