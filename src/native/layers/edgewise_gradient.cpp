// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// EdgewiseEnergy: the gradient of a group's energies, backward through what edgewise.cpp does.
#include "edgewise.h"

#include <algorithm>

namespace natrolite::native {

template <class T>
void EdgewiseEnergy<T>::differentiate(Workspace<T> &work, const Group &group) const
{
  std::fill_n(group.dcenters, (group.end - group.begin) * center_width_, T(0));
  std::fill_n(group.partial, static_cast<std::int64_t>(group.edges) * (1 + HARMONICS) * kernels_.width, T(0));
  start_gradients(work, group);
  run_nodes_back(work, group, static_cast<int>(products_.size()));
  for (std::size_t k = products_.size(); k-- > 0;) {
    run_product_back(work, group, k);
    run_nodes_back(work, group, static_cast<int>(k));
  }
  EdgeRows<T> all = rows_of(work, group, -1);
  all.table = table_.data();
  all.columns = table_width_;
  kernels_.table_rows_backward(all);
  EdgeArrays<T> edges = work.edges;
  edges.x += group.first;
  edges.y += group.first;
  edges.z += group.first;
  edges.r += group.first;
  kernels_.finish(edges, group.edges, lmax_, group.partial, group.scratch,
                  work.edge_gradient + 3 * group.first);
}

/// d energy / d node where there is any; atoms that are not owned give none
template <class T>
void EdgewiseEnergy<T>::start_gradients(const Workspace<T> &work, const Group &group) const
{
  for (const auto &node : nodes_) {
    if (!node.starts) continue;
    for_each_center(work, group, [&](std::int64_t center, T *, T *) {
      const double scale = center < work.graph->nowned ? scale_[work.graph->types[center]] : 0.0;
      T *start = group.sums;
      std::fill_n(start, node.columns, T(0));
      for (std::size_t c = 0; c < node.energy.size(); ++c) start[c] = static_cast<T>(scale * node.energy[c]);
      const EdgeRows<T> a = rows_of(work, group, center);
      for (int e = 0; e < a.edges; ++e) std::copy_n(start, node.columns, a.drows + e * a.dstride + node.pre);
    });
  }
}

template <class T>
void EdgewiseEnergy<T>::run_nodes_back(const Workspace<T> &work, const Group &group, int level) const
{
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    if (node->level != level) continue;
    multiply(group, true, node->pre, node->columns, node->backward, node->starts);
    EdgeRows<T> a = rows_of(work, group, -1);
    a.columns = node->columns;
    a.rows += node->pre;
    a.drows += node->pre;    // the gradient of the node becomes that of its input
    kernels_.activate_rows_backward(a);
  }
}

template <class T>
void EdgewiseEnergy<T>::run_product_back(const Workspace<T> &work, const Group &group, std::size_t k) const
{
  const Product &product = products_[k];
  multiply(group, true, product.invariant, padded_, product.backward, false);
  for_each_center(work, group, [&](std::int64_t center, T *memory, T *gradients) {
    EdgeRows<T> a = rows_of(work, group, center);
    a.columns = padded_;
    a.out = a.drows + product.invariant;
    a.rows += tensors_;
    a.drows += tensors_;
    a.add = k + 1 < products_.size();    // the last product comes first
    a.sums = memory + product.Q;
    a.dsums = gradients + product.Q;
    kernels_.invariants_backward(a);
    for (auto contraction = product.chain.rbegin(); contraction != product.chain.rend(); ++contraction)
      contraction->backward(memory, gradients, group.spare, group.scratch);
    spread_environment(work, group, environments_[k], center);
  });
}

template <class T>
void EdgewiseEnergy<T>::spread_environment(const Workspace<T> &work, const Group &group, const Environment &v,
                                           std::int64_t center) const
{
  T *from = group.dcenters + (center - group.begin) * center_width_ + v.offset;
  const T norm = static_cast<T>(norm_[work.graph->types[center]]);
  for (int k = 0; k < harmonics_ * padded_; ++k) from[k] *= norm;
  for (int l = 0; v.column >= 0 && l <= lmax_; ++l) {
    EdgeRows<T> a = rows_of(work, group, center);
    a.columns = padded_;
    a.first_harmonic = l * l;
    a.harmonics_here = 2 * l + 1;
    a.sums = from + l * l * padded_;
    a.rows += v.column + l * padded_;
    a.drows += v.column + l * padded_;
    kernels_.sum_harmonics_backward(a);
  }
  for (const auto &source : v.sources) {
    const Node &node = nodes_[source.node];
    for (int l = 0; l <= lmax_; ++l) {
      MatrixArguments<T> m;
      m.rows = 2 * l + 1;
      m.x = from + l * l * padded_;
      m.x_stride = padded_;
      m.y = group.sums + l * l * node.columns;
      m.y_stride = m.columns = node.columns;
      m.segments = 1;
      m.segment = &source.backward[l];
      m.weights = packed_.data();
      kernels_.multiply(m);
    }
    EdgeRows<T> a = rows_of(work, group, center);
    a.columns = a.sum_stride = node.columns;
    a.rows += node.value;
    a.drows += node.pre;
    a.add = true;
    a.sums = group.sums;
    kernels_.sum_harmonics_backward(a);
  }
}

#define NATROLITE_EDGEWISE(T)                                                                                \
  template void EdgewiseEnergy<T>::differentiate(Workspace<T> &, const Group &) const;
NATROLITE_EDGEWISE(float)
NATROLITE_EDGEWISE(double)

}    // namespace natrolite::native
