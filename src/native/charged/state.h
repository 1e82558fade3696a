// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The inside of ChargedNetwork, shared by its source files.
#pragma once

#include "embedding.h"
#include "long_range.h"
#include "module.h"
#include "network.h"

#include "native/layers/convolution.h"
#include "core/threads.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

namespace natrolite::native::charged {

/// What a thread has for itself.
template <class T>
struct ThreadMemory {
  Workspace<T> work;
  int index = 0;                                 ///< of the thread
  Buffer<T> scratch, sums, gradient, doutput;    ///< rows of a block
  Buffer<double> attention;                      ///< [P][extended_width], this thread's part of a sum
  LongRange::Workspace pairs;
};

/// A module and what it keeps for all atoms.
template <class T>
struct Stage {
  Stage(const ModuleShape &shape, const Kernels<T> &kernels) :
      module(shape, kernels), attention(kernels), dattention(kernels)
  {
  }
  Module<T> module;
  std::unique_ptr<Convolution<T>> convolution;
  Buffer<T> slabs, messages;          ///< [blocks][slab], [rows that neighbors read][3 P]
  Dense<T> attention, dattention;     ///< S, its gradient
  double highest = 0.0;               ///< key of all atoms
  std::int64_t highest_block = -1;    ///< -1: on another rank
  int highest_row = 0, highest_channel = 0;
};

template <class T>
struct ChargedNetwork<T>::Impl {
  Impl(ChargedDescription description, int nthreads);
  void make_convolutions(const ChargedDescription &d);

  void load(const Graph &graph);
  void find_near();
  void allocate();
  void prepare_types(const Graph &graph, Exchange &exchange);
  void features_of_types();

  /// f(thread memory, block, first row, rows) for all blocks
  template <class F>
  void for_blocks(F &&f);
  void forward(Exchange &exchange);
  void forward_block(std::size_t m, ThreadMemory<T> &memory, std::int64_t block, std::int64_t begin,
                     int rows);
  void share_keys(std::size_t m, Exchange &exchange);
  void charges_and_energies(double total_charge, Exchange &exchange);
  void require_all_pairs(const double *sums) const;
  void analytic_terms(Exchange &exchange);
  void backward(Exchange &exchange);
  void backward_block(std::size_t m, ThreadMemory<T> &memory, std::int64_t block, std::int64_t begin,
                      int rows);
  void share_gradients(std::size_t m, Exchange &exchange);
  void sum_gathered(std::size_t m);
  void clear_attention();
  void sum_attention(Exchange &exchange, Dense<T> &to);
  void convolve(std::size_t m, ThreadMemory<T> &memory, std::int64_t begin, int rows, bool forward);

  T *slab(std::size_t m, std::int64_t block)
  {
    return stages[m].slabs.data() + block * stages[m].module.slab_size();
  }
  const T *input(std::size_t m, std::int64_t block)
  {
    return stages[m - 1].module.result(slab(m - 1, block));
  }
  /// gradient of the messages of a module, by thread; two modules at a time
  T *gathered(std::size_t m, int thread) { return dmessages[m % 2].data() + thread * gathered_size(m); }
  std::int64_t gathered_size(std::size_t m) const
  {
    return (m ? near.nall : static_cast<std::int64_t>(present.size())) * 3 * width;
  }
  std::int64_t blocks() const { return (near.nlocal + block_rows - 1) / block_rows; }

  const Kernels<T> &kernels;
  int threads, types, features, width, extended_width;
  double r_max;
  bool all_pairs;
  Array output, offset;
  Embedding<T> embedding;
  LongRange long_range;
  std::deque<Stage<T>> stages;
  Grid<T> grid;

  Electrons electrons;                             ///< of the features of types
  std::vector<std::int64_t> present, place;        ///< types that are anywhere; [types] their place
  Buffer<T> type_rows, type_slabs, type_counts;    ///< [present][P], [blocks of types][slab], [present]

  PairList pairs;                                                    ///< every edge
  EdgeTable<T> near;                                                 ///< those within r_max
  Buffer<T> near_unit, near_distance;                                ///< [3][near edges], [near edges]
  std::vector<std::int64_t> near_neighbor, near_place, near_edge;    ///< rows, places of types, edges
  Buffer<double> near_gradient;                                      ///< [near edges][3]

  int block_rows = BLOCK;
  double atoms = 0.0;                                             ///< of all ranks
  Buffer<T> outputs, dmessages[2];                                ///< [nlocal][P], by thread [rows][3 P]
  Buffer<double> atom_data;                                       ///< [nall][ATOM_DATA]
  std::vector<double> energy, charge, coordination, by_charge;    ///< [nlocal]
  std::vector<double> repulsion, electrostatics, dispersion;      ///< [nlocal]
  std::vector<double> gradient;                                   ///< [edges][3]
  std::deque<ThreadMemory<T>> memory;
};

template <class T>
template <class F>
void ChargedNetwork<T>::Impl::for_blocks(F &&f)
{
  const std::int64_t n = blocks();
  on_threads(threads, [&](int thread, int count) {
    for (auto [b, end] = share_of(n, thread, count); b < end; ++b) {
      const std::int64_t begin = b * block_rows;
      f(memory[thread], b, begin, static_cast<int>(std::min<std::int64_t>(block_rows, near.nlocal - begin)));
    }
  });
}

}    // namespace natrolite::native::charged
