// SPDX-License-Identifier: GPL-2.0-only
#include "convolution.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace natrolite::native {

namespace {

  /// atoms whose partial sums by edge are in the cache together
  constexpr std::int64_t BACKWARD_ATOMS = 4;

}    // namespace

template <class T>
Convolution<T>::Convolution(const Step &step, const Layout &in, const Layout &out, int lmax,
                            const Kernels<T> &kernels) :
    in_(in), out_(out), lmax_(lmax), radial_(step.radial), kernels_(kernels)
{
  for (const auto &path : step.paths) add_path(path);
  // paths that read the same block follow each other: its rows stay in the cache
  std::stable_sort(paths_.begin(), paths_.end(), [](const Path &a, const Path &b) { return a.in < b.in; });
  if (step.in >= 0) return;
  types_ = static_cast<int>(step.table.shape[0]);
  table_.reserve(static_cast<std::size_t>(types_) * in.width);
  std::fill_n(table_.data(), table_.size(), T(0));
  const double *from = step.table.values.data();
  for (int type = 0; type < types_; ++type)
    for (const auto &block : in.blocks)
      for (int m = 0; m < block.components(); ++m)
        for (int c = 0; c < block.channels; ++c)
          table_.data()[type * in.width + block.offset + m * block.padded + c] = static_cast<T>(*from++);
}

template <class T>
void Convolution<T>::add_path(const Step::Path &path)
{
  const auto &from = in_.blocks[path.in], &to = out_.blocks[path.out];
  Path p;
  p.l1 = from.l;
  p.l2 = path.l2;
  p.l3 = to.l;
  p.in = from.offset;
  p.x_stride = from.padded;
  p.out = to.offset;
  p.out_stride = to.padded;
  p.vectors = from.padded / kernels_.width;
  p.channels = from.channels;
  p.weights = path.weights;
  const double *coupling = path.coupling.values.data();
  for (int i = -p.l1; i <= p.l1; ++i)
    for (int j = -p.l2; j <= p.l2; ++j)
      for (int k = -p.l3; k <= p.l3; ++k, ++coupling)
        if (!couples(p.l1, i, p.l2, j, p.l3, k) && std::fabs(*coupling) > 1e-6)
          throw std::runtime_error(
              "network description: a coupling is none of harmonics: export the model again");
  p.coupling.assign(path.coupling.values.begin(), path.coupling.values.end());
  paths_.push_back(std::move(p));
}

template <class T>
void Convolution<T>::set_table(int rows, const std::vector<double> &coefficients)
{
  rows_ = rows;
  const std::size_t outputs = coefficients.size() / rows;
  std::size_t size = 0;
  for (auto &p : paths_) {
    p.table = size;
    size += static_cast<std::size_t>(p.vectors) * kernels_.width * rows;
  }
  splines_.reserve(std::max<std::size_t>(size, 1));
  T *to = splines_.data();
  for (const auto &p : paths_)
    for_each_group(p, [&](int vector, int group) {
      for (int row = 0; row < rows; ++row)
        for (int c = vector * kernels_.width; c < (vector + group) * kernels_.width; ++c)
          *to++ = c < p.channels ? static_cast<T>(coefficients[row * outputs + p.weights + c]) : T(0);
    });
}

/// vectors of the group of channel vectors that begins with this one
template <class T>
int Convolution<T>::group_at(const Path &path, int vector) const
{
  const int full = kernels_.path_group[path.l1][path.l2][path.l3];
  return path.vectors - vector >= full ? full : 1;
}

/// calls f(first vector, vectors) for each group of channel vectors of a path
template <class T>
template <class F>
void Convolution<T>::for_each_group(const Path &path, F &&f) const
{
  for (int vector = 0; vector < path.vectors;) {
    const int group = group_at(path, vector);
    f(vector, group);
    vector += group;
  }
}

/// calls f(first vector, vectors of a group, groups) for the groups that a backward pass takes at once
template <class T>
template <class F>
void Convolution<T>::for_each_batch(const Path &path, F &&f) const
{
  for (int vector = 0; vector < path.vectors;) {
    const int group = group_at(path, vector);
    const int most = kernels_.backward_groups[group == 1][path.l1][path.l2][path.l3];
    const int groups = std::min(most, (path.vectors - vector) / group);
    f(vector, group, groups);
    vector += groups * group;
  }
}

template <class T>
PathArguments<T> Convolution<T>::arguments(const Workspace<T> &work, const Path &path, int vector) const
{
  const int channel = vector * kernels_.width;
  PathArguments<T> a;
  a.stride = work.edges.stride;
  a.table = splines_.data() + path.table + static_cast<std::size_t>(channel) * rows_;
  a.coupling = path.coupling.data();
  a.x_stride = path.x_stride;
  a.out_stride = path.out_stride;
  a.first_harmonic = path.l2 * path.l2;
  return a;
}

/// the part of the arguments that belongs to the edges of one center
template <class T>
void Convolution<T>::set_edges(const Workspace<T> &work, const Path &path, std::int64_t row,
                               PathArguments<T> &a) const
{
  const auto e = work.graph->first[row] - work.first_edge();
  a.edges = static_cast<int>(work.graph->first[row + 1] - work.graph->first[row]);
  a.node = work.edges.node + e;
  a.row = work.offsets.data() + e;
  a.basis = work.edges.basis + e;
  a.slope = work.edges.slope + e;
  a.harmonics = work.edges.harmonics + path.l2 * path.l2 * a.stride + e;
}

/// offsets of the neighbors' rows, and behind them of the rows of their gradients; returns these
template <class T>
const std::int64_t *Convolution<T>::find_rows(Workspace<T> &work, std::int64_t stride) const
{
  const int n = work.nedges();
  const bool moved = work.sum_rows && !reads_table();
  work.offsets.reserve(2 * n + 1);
  std::int64_t *to = work.offsets.data();
  for (int e = 0; e < n; ++e)
    to[e] = (reads_table() ? work.graph->types[work.neighbor[e]] : work.neighbor[e]) * stride;
  for (int e = 0; moved && e < n; ++e) to[n + e] = work.sum_rows[work.neighbor[e]] * stride;
  return moved ? to + n : to;
}

template <class T>
void Convolution<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  const T *x = reads_table() ? table_.data() : rows.in[0];
  find_rows(work, reads_table() ? in_.width : rows.in.stride);
  for (std::int64_t row = work.begin; row < work.end; ++row) std::fill_n(rows.out[row], out_.width, T(0));
  for (const auto &path : paths_)
    for_each_group(path, [&](int vector, int group) {
      const auto run = kernels_.forward[group == 1][path.l1][path.l2][path.l3];
      PathArguments<T> a = arguments(work, path, vector);
      const int channel = vector * kernels_.width;
      a.x = x + path.in + channel;
      for (std::int64_t row = work.begin; row < work.end; ++row) {
        set_edges(work, path, row, a);
        a.out = rows.out[row] + path.out + channel;
        run(a);
      }
    });
}

/// the vectors and distances of edges from one on
template <class T>
static EdgeArrays<T> vectors_from(EdgeArrays<T> edges, std::int64_t first)
{
  edges.x += first;
  edges.y += first;
  edges.z += first;
  edges.r += first;
  return edges;
}

template <class T>
void Convolution<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  const T *x = reads_table() ? table_.data() : rows.in[0];
  const std::int64_t *gradient_rows = find_rows(work, reads_table() ? in_.width : rows.in.stride);
  const int width = kernels_.width, slots = (1 + HARMONICS) * width;
  std::int64_t most = 0;
  for (std::int64_t row = work.begin; row < work.end; row += BACKWARD_ATOMS)
    most =
        std::max(most, work.graph->first[std::min(work.end, row + BACKWARD_ATOMS)] - work.graph->first[row]);
  // the gradient of a table's rows is nobody's: it goes behind the partial sums
  const std::size_t table = reads_table() ? static_cast<std::size_t>(types_) * in_.width : 0;
  work.scratch.reserve(most * slots + slots + table);
  T *partial = work.scratch.data(), *nobody = partial + most * slots + slots;
  std::fill_n(nobody, table, T(0));
  T *dx = reads_table() ? nobody : rows.din[0];
  for (std::int64_t begin = work.begin; begin < work.end; begin += BACKWARD_ATOMS) {
    const std::int64_t end = std::min(work.end, begin + BACKWARD_ATOMS);
    const auto edge = work.graph->first[begin], n = work.graph->first[end] - edge;
    std::fill_n(partial, n * slots, T(0));
    for (const auto &path : paths_)
      for_each_batch(path, [&](int vector, int group, int groups) {
        const auto run = kernels_.backward[group == 1][path.l1][path.l2][path.l3];
        PathArguments<T> a = arguments(work, path, vector);
        a.groups = groups;
        a.group_stride = static_cast<std::int64_t>(group) * width * rows_;
        const int channel = vector * width;
        a.x = x + path.in + channel;
        a.dx = dx + path.in + channel;
        for (std::int64_t row = begin; row < end; ++row) {
          set_edges(work, path, row, a);
          a.gradient_row = gradient_rows + (work.graph->first[row] - work.first_edge());
          a.out = rows.dout[row] + path.out + channel;
          a.partial = partial + (work.graph->first[row] - edge) * slots;
          run(a);
        }
      });
    const auto shift = edge - work.first_edge();
    kernels_.finish(vectors_from(work.edges, shift), static_cast<int>(n), lmax_, partial, partial + n * slots,
                    work.edge_gradient + 3 * shift);
  }
}

template <class T>
double Convolution<T>::memory_bytes() const
{
  return splines_.bytes() + table_.bytes();
}

template class Convolution<float>;
template class Convolution<double>;

}    // namespace natrolite::native
