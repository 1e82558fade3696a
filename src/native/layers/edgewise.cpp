// SPDX-License-Identifier: GPL-2.0-only
#include "edgewise.h"

#include <algorithm>

namespace natrolite::native {

namespace {

  /// a group of centers is full with this many edges: enough rows for the matrices, and still in the cache
  constexpr std::int64_t GROUP_EDGES = 48;

}    // namespace

template <class T>
typename EdgewiseEnergy<T>::Group EdgewiseEnergy<T>::room(Workspace<T> &work, std::int64_t edges,
                                                          std::int64_t centers) const
{
  const int width = kernels_.width;
  const std::size_t sizes[] = {static_cast<std::size_t>(edges * width_),
                               static_cast<std::size_t>(edges * gradient_width_),
                               static_cast<std::size_t>(edges * (1 + HARMONICS) * width),
                               static_cast<std::size_t>(centers * center_width_),
                               static_cast<std::size_t>(centers * center_width_),
                               static_cast<std::size_t>(harmonics_) * std::max(widest_, padded_),
                               static_cast<std::size_t>(center_width_),
                               std::max<std::size_t>(scratch_, (1 + HARMONICS) * width)};
  std::size_t sum = 0;
  for (auto size : sizes) sum += size;
  work.scratch.reserve(sum);
  Group g;
  T **parts[] = {&g.rows, &g.drows, &g.partial, &g.centers, &g.dcenters, &g.sums, &g.spare, &g.scratch};
  T *at = work.scratch.data();
  for (std::size_t k = 0; k < std::size(parts); ++k) {
    *parts[k] = at;
    at += sizes[k];
  }
  return g;
}

template <class T>
void EdgewiseEnergy<T>::forward(Workspace<T> &work, const Operands<T> &) const
{
  const auto &first = work.graph->first;
  for (std::int64_t begin = work.begin; begin < work.end;) {
    std::int64_t end = begin + 1;
    while (end < work.end && first[end + 1] - first[begin] <= GROUP_EDGES) ++end;
    Group group = room(work, first[end] - first[begin], end - begin);
    group.begin = begin;
    group.end = end;
    group.first = static_cast<int>(first[begin] - work.first_edge());
    group.edges = static_cast<int>(first[end] - first[begin]);
    evaluate(work, group);
    differentiate(work, group);
    begin = end;
  }
}

/// the edges of a center, or of all centers of the group (-1)
template <class T>
EdgeRows<T> EdgewiseEnergy<T>::rows_of(const Workspace<T> &work, const Group &group,
                                       std::int64_t center) const
{
  const auto &first = work.graph->first;
  const std::int64_t skip = center < 0 ? 0 : first[center] - first[group.begin];
  const std::int64_t at = group.first + skip;
  EdgeRows<T> a;
  a.edges = center < 0 ? group.edges : static_cast<int>(first[center + 1] - first[center]);
  a.stride = width_;
  a.dstride = gradient_width_;
  a.rows = group.rows + skip * width_;
  a.drows = group.drows + skip * gradient_width_;
  a.partial = group.partial + skip * (1 + HARMONICS) * kernels_.width;
  a.edge_stride = work.edges.stride;
  a.basis = work.edges.basis + at;
  a.slope = work.edges.slope + at;
  a.harmonics = work.edges.harmonics + at;
  a.node = work.edges.node + at;
  a.harmonics_here = harmonics_;
  a.sum_stride = padded_;
  return a;
}

/// columns of the rows (or gradients) from rows (or gradients)
template <class T>
void EdgewiseEnergy<T>::multiply(const Group &group, bool gradients, int to, int columns,
                                 const std::vector<MatrixSegment> &segments, bool add) const
{
  MatrixArguments<T> a;
  a.rows = group.edges;
  a.x = gradients ? group.drows : group.rows;
  a.y = (gradients ? group.drows : group.rows) + to;
  a.x_stride = a.y_stride = gradients ? gradient_width_ : width_;
  a.columns = columns;
  a.segments = static_cast<int>(segments.size());
  a.segment = segments.data();
  a.weights = packed_.data();
  a.add = add;
  if (!segments.empty()) kernels_.multiply(a);
}

template <class T>
void EdgewiseEnergy<T>::evaluate(Workspace<T> &work, const Group &group) const
{
  EdgeRows<T> all = rows_of(work, group, -1);
  all.table = table_.data();
  all.columns = table_width_;
  kernels_.table_rows(all);
  for (std::size_t k = 0; k < products_.size(); ++k) {
    run_nodes(work, group, static_cast<int>(k));
    run_product(work, group, k);
  }
  run_nodes(work, group, static_cast<int>(products_.size()));
  add_energies(work, group);
}

template <class T>
void EdgewiseEnergy<T>::run_nodes(const Workspace<T> &work, const Group &group, int level) const
{
  for (const auto &node : nodes_) {
    if (node.level != level) continue;
    multiply(group, false, node.pre, node.columns, node.forward, node.tabulated);
    EdgeRows<T> a = rows_of(work, group, -1);
    a.columns = node.columns;
    a.rows += node.pre;
    a.out = group.rows + node.value;
    kernels_.activate_rows(node.activation.kind, static_cast<T>(node.activation.factor), a);
  }
}

template <class T>
void EdgewiseEnergy<T>::sum_environment(const Workspace<T> &work, const Group &group, const Environment &v,
                                        std::int64_t center) const
{
  T *to = group.centers + (center - group.begin) * center_width_ + v.offset;
  for (int l = 0; l <= lmax_; ++l) {
    EdgeRows<T> a = rows_of(work, group, center);
    a.columns = padded_;
    a.first_harmonic = l * l;
    a.harmonics_here = 2 * l + 1;
    a.sums = to + l * l * padded_;
    if (v.column < 0) {
      std::fill_n(a.sums, a.harmonics_here * padded_, T(0));
      continue;
    }
    a.rows += v.column + l * padded_;
    kernels_.sum_harmonics(a);
  }
  for (const auto &source : v.sources) {    // sums over edges come before the matrices: these are fewer rows
    const Node &node = nodes_[source.node];
    EdgeRows<T> a = rows_of(work, group, center);
    a.columns = a.sum_stride = node.columns;
    a.rows += node.value;
    a.sums = group.sums;
    kernels_.sum_harmonics(a);
    for (int l = 0; l <= lmax_; ++l) {
      MatrixArguments<T> m;
      m.rows = 2 * l + 1;
      m.x = group.sums + l * l * node.columns;
      m.x_stride = node.columns;
      m.y = to + l * l * padded_;
      m.y_stride = m.columns = padded_;
      m.segments = 1;
      m.segment = &source.forward[l];
      m.weights = packed_.data();
      m.add = true;
      kernels_.multiply(m);
    }
  }
  const T norm = static_cast<T>(norm_[work.graph->types[center]]);
  for (int k = 0; k < harmonics_ * padded_; ++k) to[k] *= norm;
}

template <class T>
void EdgewiseEnergy<T>::run_product(const Workspace<T> &work, const Group &group, std::size_t k) const
{
  const Product &product = products_[k];
  for_each_center(work, group, [&](std::int64_t center, T *memory, T *) {
    sum_environment(work, group, environments_[k], center);
    for (const auto &contraction : product.chain) contraction.forward(memory, group.scratch);
    EdgeRows<T> a = rows_of(work, group, center);
    a.columns = padded_;
    a.out = a.rows + product.invariant;
    a.rows += tensors_;
    a.sums = memory + product.Q;
    kernels_.invariants(a);
  });
}

template <class T>
void EdgewiseEnergy<T>::add_energies(Workspace<T> &work, const Group &group) const
{
  for (std::int64_t center = group.begin; center < group.end; ++center) {
    const auto type = work.graph->types[center];
    work.energy[center] += shift_[type];
  }
  for_each_center(work, group, [&](std::int64_t center, T *, T *) {
    double sum = 0.0;
    for (const auto &node : nodes_) {
      if (node.energy.empty()) continue;
      EdgeRows<T> a = rows_of(work, group, center);
      a.columns = node.columns;
      a.harmonics_here = 1;    // which is 1
      a.rows += node.value;
      a.sums = group.sums;
      kernels_.sum_harmonics(a);
      for (std::size_t c = 0; c < node.energy.size(); ++c)
        sum += node.energy[c] * static_cast<double>(group.sums[c]);
    }
    work.energy[center] += scale_[work.graph->types[center]] * sum;
  });
}

#define NATROLITE_EDGEWISE(T)                                                                                \
  template void EdgewiseEnergy<T>::forward(Workspace<T> &, const Operands<T> &) const;                       \
  template EdgeRows<T> EdgewiseEnergy<T>::rows_of(const Workspace<T> &, const Group &, std::int64_t) const;  \
  template void EdgewiseEnergy<T>::multiply(const Group &, bool, int, int,                                   \
                                            const std::vector<MatrixSegment> &, bool) const;
NATROLITE_EDGEWISE(float)
NATROLITE_EDGEWISE(double)

}    // namespace natrolite::native
