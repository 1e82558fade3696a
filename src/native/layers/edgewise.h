// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "contraction.h"
#include "layer.h"

#include "native/description.h"

namespace natrolite::native {

/// Energies of edges that depend on nothing but the edges of their center: Edgewise of the description.
///
/// A tensor of an edge is its first one, w[l] Y[l m], through products with environments, which are the same
/// for all edges of a center. So no tensor but the first is formed: going back from the invariant, the
/// products give one row Q[l m] for each center, and the invariant of an edge is sum w[l] Y[l m] Q[l m].
/// The gradient follows at once, for one group of centers after another; backward() has nothing to do.
template <class T>
class EdgewiseEnergy : public Tabulated<T> {
public:
  EdgewiseEnergy(const Edgewise &edgewise, int lmax, const Kernels<T> &kernels);
  int radial() const override { return radial_; }
  void set_table(int rows, const std::vector<double> &coefficients) override;
  void forward(Workspace<T> &work, const Operands<T> &) const override;
  void backward(Workspace<T> &, const Operands<T> &) const override {}
  double memory_bytes() const override;

private:
  /// columns of the radial functions and where they stand in a row of the table
  struct TableBlock {
    int from = 0, count = 0, to = 0;
  };
  struct Node {
    int level = 0, columns = 0;
    int pre = 0, value = 0;                    ///< where its input (its slope) and it stand in a row
    bool tabulated = false, starts = false;    ///< its input (its gradient) is there before the sums
    ActivationShape activation;
    std::vector<MatrixSegment> forward, backward;    ///< what it reads; gradients of what reads it
    std::vector<double> energy;                      ///< [width], or empty
  };
  struct Source {
    int node = 0;
    std::vector<MatrixSegment> forward, backward;    ///< [l]
  };
  struct Environment {
    int column = -1, offset = 0;    ///< in a row, in a center's memory
    std::vector<Source> sources;
  };
  struct Product {
    int invariant = 0, Q = 0;               ///< in a row, in a center's memory
    std::vector<MatrixSegment> backward;    ///< gradients of nodes that read the invariant
    std::vector<Contraction<T>> chain;      ///< from its invariant back to Q
  };
  /// centers whose edges are in the cache together, and their memory
  struct Group {
    std::int64_t begin = 0, end = 0;
    int first = 0, edges = 0;                                   ///< among the edges of the block
    T *rows = nullptr, *drows = nullptr, *partial = nullptr;    ///< of the edges
    T *centers = nullptr, *dcenters = nullptr;
    T *sums = nullptr, *spare = nullptr, *scratch = nullptr;    ///< of one center
  };

  int table_block(int from, int count);
  MatrixSegment pack(const Array &weights, int first, int count, bool transposed, int offset, int columns);
  void place_nodes(const Edgewise &edgewise);
  void place_centers(const Edgewise &edgewise);
  void connect(const Edgewise &edgewise);

  Group room(Workspace<T> &work, std::int64_t edges, std::int64_t centers) const;
  EdgeRows<T> rows_of(const Workspace<T> &work, const Group &group, std::int64_t center) const;
  void multiply(const Group &group, bool gradients, int to, int columns,
                const std::vector<MatrixSegment> &segments, bool add) const;
  /// calls f(center, its memory, its gradients) for the centers that have edges
  template <class F>
  void for_each_center(const Workspace<T> &work, const Group &group, F &&f) const
  {
    for (std::int64_t center = group.begin; center < group.end; ++center) {
      if (work.graph->first[center + 1] == work.graph->first[center]) continue;
      const std::int64_t at = (center - group.begin) * center_width_;
      f(center, group.centers + at, group.dcenters + at);
    }
  }
  void evaluate(Workspace<T> &work, const Group &group) const;
  void run_nodes(const Workspace<T> &work, const Group &group, int level) const;
  void run_product(const Workspace<T> &work, const Group &group, std::size_t k) const;
  void sum_environment(const Workspace<T> &work, const Group &group, const Environment &v,
                       std::int64_t center) const;
  void add_energies(Workspace<T> &work, const Group &group) const;
  void differentiate(Workspace<T> &work, const Group &group) const;
  void start_gradients(const Workspace<T> &work, const Group &group) const;
  void run_nodes_back(const Workspace<T> &work, const Group &group, int level) const;
  void run_product_back(const Workspace<T> &work, const Group &group, std::size_t k) const;
  void spread_environment(const Workspace<T> &work, const Group &group, const Environment &v,
                          std::int64_t center) const;

  const Kernels<T> &kernels_;
  int lmax_, harmonics_, radial_, channels_, padded_;
  int table_width_ = 0, width_ = 0, gradient_width_ = 0, center_width_ = 0, widest_ = 0, tensors_ = 0;
  std::size_t scratch_ = 0;
  std::vector<TableBlock> blocks_;
  std::vector<Node> nodes_;
  std::vector<Environment> environments_;
  std::vector<Product> products_;
  std::vector<double> norm_, scale_, shift_;
  std::vector<T> weights_;    ///< packed, until they are in packed_
  Buffer<T> packed_, table_;
};

}    // namespace natrolite::native
