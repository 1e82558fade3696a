// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// One step of a network on a block of atoms, forward and backward.
#pragma once

#include "native/buffer.h"
#include "native/kernels.h"

#include <cstdint>
#include <vector>

namespace natrolite::native {

/// The graph of one evaluation; edges are sorted by center.
template <class T>
struct EdgeTable {
  std::int64_t nlocal = 0, nall = 0, nowned = 0, nedges = 0;
  const std::int64_t *types = nullptr;    ///< [nall]
  /// [types] rows of the tables that an edge skips by the types of its neighbor and its center
  std::vector<std::int32_t> by_neighbor, by_center;    ///< empty: the same tables for all
  std::vector<std::int64_t> first;                     ///< [nlocal + 1] edges of a center
};

/// What one thread works on: rows [begin, end) and its own memory.
template <class T>
struct Workspace {
  const EdgeTable<T> *graph = nullptr;
  std::int64_t begin = 0, end = 0;
  EdgeArrays<T> edges;                       ///< of the block, prepared
  const std::int64_t *neighbor = nullptr;    ///< of the block: [edges] rows
  /// [nall] rows to which this thread adds what neighbors' rows get; null = these
  const std::int32_t *sum_rows = nullptr;
  Buffer<T> edge_memory, scratch, scales;
  Buffer<std::int32_t> nodes, which;
  Buffer<std::int64_t> offsets, neighbors;
  Buffer<double> gradients;
  double *energy = nullptr;           ///< [nlocal]
  double *edge_gradient = nullptr;    ///< of the block: [edges][3]
  std::int64_t first_edge() const { return graph->first[begin]; }
  int nedges() const { return static_cast<int>(graph->first[end] - graph->first[begin]); }
};

/// Room for the arrays of a block's edges: unit vectors and distances, harmonics, splines.
template <class T>
void allocate_edges(Workspace<T> &work, const Kernels<T> &kernels)
{
  const int n = work.nedges(), width = kernels.width, stride = whole_vectors(n, width) + width;
  work.edge_memory.reserve(static_cast<std::size_t>(4 + HARMONICS + 2 * kernels.spline_order) * stride);
  work.nodes.reserve(stride);
  EdgeArrays<T> &a = work.edges;
  a.stride = stride;
  a.x = work.edge_memory.data();
  a.y = a.x + stride;
  a.z = a.y + stride;
  a.r = a.z + stride;
  a.harmonics = a.r + stride;
  a.basis = a.harmonics + static_cast<std::size_t>(HARMONICS) * stride;
  a.slope = a.basis + static_cast<std::size_t>(kernels.spline_order) * stride;
  a.node = work.nodes.data();
}

/// Where a step finds its input and output, and their gradients, for one block.
template <class T>
struct Operands {
  Rows<T> in, by, out, din, dby, dout;
  /// din (dby) already holds what another reader of in (by) wrote
  bool add_gradient = false, add_gradient_by = false;
};

/// A step. A backward pass may need its input's values again (keeps_input), then they are kept.
template <class T>
class Layer {
public:
  virtual ~Layer() = default;
  virtual void forward(Workspace<T> &work, const Operands<T> &rows) const = 0;
  virtual void backward(Workspace<T> &work, const Operands<T> &rows) const = 0;
  virtual bool keeps_input() const { return false; }
  /// may the gradient of the input overwrite the input?
  virtual bool in_place() const { return false; }
  virtual double memory_bytes() const { return 0.0; }
  /// before an evaluation, outside of threads: types that may be new
  virtual void prepare_types(const std::int64_t * /*types*/, std::int64_t /*n*/) {}
};

/// A step that reads radial functions from tables.
template <class T>
class Tabulated : public Layer<T> {
public:
  virtual int radial() const = 0;
  /// coefficients: [rows][outputs] of the radial function's table
  virtual void set_table(int rows, const std::vector<double> &coefficients) = 0;
};

}    // namespace natrolite::native
