// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The passes of ChargedNetwork over all atoms, and what all ranks do together between them.
#include "state.h"

#include <limits>
#include <stdexcept>
#include <string>

namespace natrolite::native::charged {

template <class T>
void ChargedNetwork<T>::Impl::convolve(std::size_t m, ThreadMemory<T> &own, std::int64_t begin, int rows,
                                       bool forward)
{
  Workspace<T> &work = own.work;
  work.graph = &near;
  work.begin = begin;
  work.end = begin + rows;
  const auto edge = work.first_edge();
  work.edge_gradient = near_gradient.data() + 3 * edge;
  work.neighbor = (m ? near_neighbor : near_place).data() + edge;
  allocate_edges(work, kernels);
  EdgeArrays<T> &edges = work.edges;
  edges.x = near_unit.data() + edge;
  edges.y = edges.x + near.nedges;
  edges.z = edges.y + near.nedges;
  edges.r = near_distance.data() + edge;
  kernels.prepare(edges, grid, work.nedges(), 2, !forward);
  Operands<T> operands;
  operands.in = {stages[m].messages.data(), 3 * width, 0};
  operands.out = operands.dout = {own.sums.data(), 9 * width, begin};
  operands.din = {gathered(m, own.index), 3 * width, 0};
  if (forward)
    stages[m].convolution->forward(work, operands);
  else
    stages[m].convolution->backward(work, operands);
}

template <class T>
void ChargedNetwork<T>::Impl::forward(Exchange &exchange)
{
  for (std::size_t m = 0; m < stages.size(); ++m) {
    for_blocks([&](ThreadMemory<T> &own, std::int64_t block, std::int64_t begin, int rows) {
      forward_block(m, own, block, begin, rows);
    });
    if (m + 1 == stages.size()) break;
    exchange.forward({stages[m + 1].messages.data(), 3 * width, static_cast<int>(sizeof(T))});
    share_keys(m + 1, exchange);
  }
}

/// module m after its sums over atoms, and the next one before them
template <class T>
void ChargedNetwork<T>::Impl::forward_block(std::size_t m, ThreadMemory<T> &own, std::int64_t block,
                                            std::int64_t begin, int rows)
{
  const auto &module = stages[m].module;
  T *mine = slab(m, block), *scratch = own.scratch.data();
  if (m == 0)
    for (int r = 0; r < rows; ++r) {
      const std::int64_t at = place[near.types[begin + r]];
      module.copy_row(mine, r, type_slabs.data() + at / BLOCK * module.slab_size(),
                      static_cast<int>(at % BLOCK));
    }
  else
    module.attend(rows, input(m, block), mine, stages[m].attention, scratch);
  convolve(m, own, begin, rows, true);
  module.after(rows, mine, own.sums.data(), outputs.data() + begin * width, scratch);
  if (m + 1 < stages.size())
    stages[m + 1].module.before(rows, module.result(mine), slab(m + 1, block),
                                stages[m + 1].messages.data() + begin * 3 * width, scratch);
}

/// the highest key and the sum over the keys of all atoms
template <class T>
void ChargedNetwork<T>::Impl::share_keys(std::size_t m, Exchange &exchange)
{
  auto &stage = stages[m];
  std::vector<T> highest(blocks(), -std::numeric_limits<T>::infinity());
  for_blocks([&](ThreadMemory<T> &own, std::int64_t block, std::int64_t, int rows) {
    highest[block] = stage.module.highest_key(rows, slab(m, block), own.scratch.data());
  });
  const auto best = std::max_element(highest.begin(), highest.end());
  double value =
      best == highest.end() ? -std::numeric_limits<double>::infinity() : static_cast<double>(*best);
  unsigned char mine = 0;
  exchange.max(&value, &mine, 1);
  stage.highest = value;
  stage.highest_block = -1;
  if (mine && best != highest.end()) {
    const std::int64_t block = best - highest.begin();
    const std::int64_t rows = std::min<std::int64_t>(block_rows, near.nlocal - block * block_rows);
    stage.module.find_key(static_cast<int>(rows), slab(m, block), *best, stage.highest_row,
                          stage.highest_channel);
    if (stage.highest_row >= 0) stage.highest_block = block;
  }
  clear_attention();
  for_blocks([&](ThreadMemory<T> &own, std::int64_t block, std::int64_t, int rows) {
    stage.module.add_keys(rows, slab(m, block), static_cast<T>(stage.highest), nullptr, own.attention.data(),
                          own.scratch.data());
  });
  sum_attention(exchange, stage.attention);
}

template <class T>
void ChargedNetwork<T>::Impl::clear_attention()
{
  for (auto &own : memory)
    std::fill_n(own.attention.data(), static_cast<std::size_t>(width) * extended_width, 0.0);
}

/// of all threads, in their order, and all ranks
template <class T>
void ChargedNetwork<T>::Impl::sum_attention(Exchange &exchange, Dense<T> &to)
{
  double *sum = memory[0].attention.data();
  const std::int64_t n = static_cast<std::int64_t>(width) * extended_width;
  for (int t = 1; t < threads; ++t)
    for (std::int64_t k = 0; k < n; ++k) sum[k] += memory[t].attention.data()[k];
  exchange.sum(sum, n);
  to.assign(features, extended_width, sum);
}

template <class T>
void ChargedNetwork<T>::Impl::require_all_pairs(const double *sums) const
{
  const auto atoms = static_cast<std::int64_t>(sums[1]), edges = static_cast<std::int64_t>(sums[2]);
  const auto squares = static_cast<std::int64_t>(sums[3]);
  if (edges == atoms * (atoms - 1) && squares == edges * (atoms - 1)) return;
  throw std::runtime_error(
      "this model has no lr_cutoff and needs every pair of an isolated molecule: " + std::to_string(atoms) +
      " atoms have " + std::to_string(atoms * (atoms - 1)) + " pairs, but " + std::to_string(edges) +
      " edges were given; for a periodic system, or a molecule wider than the neighbor list, export the "
      "model "
      "with --lr-cutoff");
}

/// What the features say; what is missing from the total charge is spread evenly over all atoms.
template <class T>
void ChargedNetwork<T>::Impl::charges_and_energies(double total_charge, Exchange &exchange)
{
  double sums[4] = {};    // charge, atoms, edges of an atom, their squares
  for (std::int64_t i = 0; i < near.nlocal; ++i) {
    const double *from = offset.values.data() + 2 * near.types[i];
    double e = 0.0, q = 0.0;
    for (int f = 0; f < features; ++f) {
      const auto y = static_cast<double>(outputs.data()[i * width + f]);
      e += output.values[2 * f] * y;
      q += output.values[2 * f + 1] * y;
    }
    energy[i] = e + from[0];
    charge[i] = q + from[1];
    const auto edges = static_cast<double>(pairs.first[i + 1] - pairs.first[i]);
    sums[0] += charge[i];
    sums[1] += 1.0;
    sums[2] += edges;
    sums[3] += edges * edges;
  }
  exchange.sum(sums, 4);
  if (all_pairs) require_all_pairs(sums);
  for (std::int64_t i = 0; i < near.nlocal; ++i) charge[i] += (total_charge - sums[0]) / sums[1];
  atoms = sums[1];
}

template <class T>
void ChargedNetwork<T>::Impl::analytic_terms(Exchange &exchange)
{
  for_blocks([&](ThreadMemory<T> &, std::int64_t, std::int64_t begin, int rows) {
    for (std::int64_t i = begin; i < begin + rows; ++i) {
      coordination[i] = long_range.coordination(pairs, i);
      long_range.atom_data_of(near.types[i], coordination[i], charge[i], atom_data.data() + i * ATOM_DATA);
    }
  });
  if (long_range.needs_neighbor_data())
    exchange.forward({atom_data.data(), ATOM_DATA, 8});
  else
    std::fill_n(atom_data.data(), near.nall * ATOM_DATA, 0.0);
  for_blocks([&](ThreadMemory<T> &own, std::int64_t, std::int64_t begin, int rows) {
    for (std::int64_t i = begin; i < begin + rows; ++i) {
      const AtomTerms terms =
          long_range.evaluate(pairs, i, atom_data.data(), coordination[i], gradient.data(), own.pairs);
      repulsion[i] = terms.repulsion;
      electrostatics[i] = terms.electrostatics;
      dispersion[i] = terms.dispersion;
      by_charge[i] = terms.by_charge;
      energy[i] += terms.repulsion + terms.electrostatics + terms.dispersion;
    }
  });
  double all = 0.0;
  for (std::int64_t i = 0; i < near.nlocal; ++i) all += by_charge[i];
  exchange.sum(&all, 1);
  for (std::int64_t i = 0; i < near.nlocal; ++i) by_charge[i] -= all / atoms;
}

template <class T>
void ChargedNetwork<T>::Impl::backward(Exchange &exchange)
{
  for (std::size_t m = stages.size(); m-- > 0;) {
    on_threads(threads, [&](int thread, int count) {
      for (int t = thread; t < threads; t += count) std::fill_n(gathered(m, t), gathered_size(m), T(0));
    });
    clear_attention();
    for_blocks([&](ThreadMemory<T> &own, std::int64_t block, std::int64_t begin, int rows) {
      backward_block(m, own, block, begin, rows);
    });
    if (m > 0) share_gradients(m, exchange);
  }
  const std::int64_t n = near.nedges;
  on_threads(threads, [&](int thread, int count) {
    for (auto [e, end] = share_of(n, thread, count); e < end; ++e)
      for (int d = 0; d < 3; ++d) gradient[3 * near_edge[e] + d] += near_gradient.data()[3 * e + d];
  });
}

/// the next module before its sums over atoms, and module m after them
template <class T>
void ChargedNetwork<T>::Impl::backward_block(std::size_t m, ThreadMemory<T> &own, std::int64_t block,
                                             std::int64_t begin, int rows)
{
  const auto &module = stages[m].module;
  T *mine = slab(m, block), *scratch = own.scratch.data(), *d = nullptr;
  if (m + 1 < stages.size()) {
    d = own.gradient.data();
    stages[m + 1].module.before_backward(rows, module.result(mine), slab(m + 1, block),
                                         gathered(m + 1, 0) + begin * 3 * width, d, scratch);
  }
  T *doutput = own.doutput.data();
  std::fill_n(doutput, rows * width, T(0));
  for (int r = 0; r < rows; ++r)
    for (int f = 0; f < features; ++f)
      doutput[r * width + f] =
          static_cast<T>(output.values[2 * f] + by_charge[begin + r] * output.values[2 * f + 1]);
  module.after_backward(rows, mine, doutput, d, own.sums.data(), scratch);
  convolve(m, own, begin, rows, false);
  if (m > 0) module.attend_backward(rows, mine, stages[m].attention, own.attention.data(), scratch);
}

/// the threads' gradients, in the order of the threads
template <class T>
void ChargedNetwork<T>::Impl::sum_gathered(std::size_t m)
{
  const std::int64_t n = gathered_size(m);
  T *to = gathered(m, 0);
  on_threads(threads, [&](int thread, int count) {
    for (int t = 1; t < threads; ++t) {
      const T *from = gathered(m, t);
      for (auto [k, end] = share_of(n, thread, count); k < end; ++k) to[k] += from[k];
    }
  });
}

template <class T>
void ChargedNetwork<T>::Impl::share_gradients(std::size_t m, Exchange &exchange)
{
  auto &stage = stages[m];
  sum_gathered(m);
  exchange.reverse({gathered(m, 0), 3 * width, static_cast<int>(sizeof(T))});
  sum_attention(exchange, stage.dattention);
  std::vector<double> part(blocks(), 0.0);
  for_blocks([&](ThreadMemory<T> &own, std::int64_t block, std::int64_t, int rows) {
    part[block] = stage.module.keys_backward(rows, slab(m, block), static_cast<T>(stage.highest),
                                             stage.dattention, own.scratch.data());
  });
  double all = 0.0;
  for (double p : part) all += p;
  exchange.sum(&all, 1);
  if (stage.highest_block >= 0)
    stage.module.highest_backward(stage.highest_row, stage.highest_channel, slab(m, stage.highest_block),
                                  all);
}

#define NATROLITE_PASSES(T)                                                                                  \
  template void ChargedNetwork<T>::Impl::forward(Exchange &);                                                \
  template void ChargedNetwork<T>::Impl::charges_and_energies(double, Exchange &);                           \
  template void ChargedNetwork<T>::Impl::analytic_terms(Exchange &);                                         \
  template void ChargedNetwork<T>::Impl::backward(Exchange &);
NATROLITE_PASSES(float)
NATROLITE_PASSES(double)

}    // namespace natrolite::native::charged
