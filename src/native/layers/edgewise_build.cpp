// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// EdgewiseEnergy before its first evaluation: places of values, packed weights, tables.
#include "edgewise.h"
#include "native/packing.h"

#include <algorithm>

namespace natrolite::native {

template <class T>
EdgewiseEnergy<T>::EdgewiseEnergy(const Edgewise &e, int lmax, const Kernels<T> &kernels) :
    kernels_(kernels), lmax_(lmax), harmonics_((lmax + 1) * (lmax + 1)), radial_(e.radial),
    channels_(e.channels), padded_(whole_vectors(e.channels, kernels.width)), norm_(e.norm), scale_(e.scale),
    shift_(e.shift)
{
  place_nodes(e);
  place_centers(e);
  connect(e);
  packed_.reserve(std::max<std::size_t>(weights_.size(), 1));
  std::copy(weights_.begin(), weights_.end(), packed_.data());
  weights_ = {};
}

/// a block of columns in the table's rows; returns its place
template <class T>
int EdgewiseEnergy<T>::table_block(int from, int count)
{
  blocks_.push_back({from, count, table_width_});
  table_width_ += whole_vectors(count, kernels_.width);
  return blocks_.back().to;
}

/// rows: what is in the table, then inputs that are not, invariants, nodes; gradients have no nodes
template <class T>
void EdgewiseEnergy<T>::place_nodes(const Edgewise &e)
{
  for (int l = 0; l <= lmax_; ++l) {
    const int to = table_block(e.tensors + l * channels_, channels_);
    if (l == 0) tensors_ = to;
  }
  for (const auto &v : e.environments) {
    environments_.emplace_back();
    for (int l = 0; v.column >= 0 && l <= lmax_; ++l) {
      const int to = table_block(v.column + l * channels_, channels_);
      if (l == 0) environments_.back().column = to;
    }
  }
  for (const auto &n : e.nodes) {
    Node node;
    node.level = n.level;
    node.columns = whole_vectors(n.width, kernels_.width);
    node.activation = n.activation;
    node.tabulated = n.column >= 0;
    if (node.tabulated) node.pre = table_block(n.column, n.width);
    widest_ = std::max(widest_, node.columns);
    nodes_.push_back(std::move(node));
  }
  width_ = table_width_;
  const auto place = [&](int columns) { return width_ += columns, width_ - columns; };
  for (auto &node : nodes_)
    if (!node.tabulated) node.pre = place(node.columns);
  for (std::size_t k = 0; k < e.products.size(); ++k) {
    products_.emplace_back();
    products_.back().invariant = place(padded_);
  }
  gradient_width_ = width_;
  for (auto &node : nodes_) node.value = place(node.columns);
}

/// a center's memory: environments, then what the chain of each product makes
template <class T>
void EdgewiseEnergy<T>::place_centers(const Edgewise &e)
{
  const auto place = [&](int count) {
    center_width_ += count * padded_;
    return Components{center_width_ - count * padded_, count};
  };
  for (auto &v : environments_) v.offset = place(harmonics_).offset;
  for (std::size_t k = 0; k < products_.size(); ++k) {
    Components y;
    for (std::size_t j = k + 1; j-- > 0;) {
      int count = 0;
      for (int l : e.products[j].in) count += 2 * l + 1;
      const Components x = place(count), env{environments_[j].offset, harmonics_};
      products_[k].chain.emplace_back(e.products[j], channels_, padded_, env, y, x, kernels_);
      scratch_ = std::max(scratch_, products_[k].chain.back().scratch());
      y = x;
    }
    products_[k].Q = y.offset;
  }
}

/// packs columns [first, first + count) of weights for rows whose inputs stand at offset
template <class T>
MatrixSegment EdgewiseEnergy<T>::pack(const Array &weights, int first, int count, bool transposed, int offset,
                                      int columns)
{
  const auto in = weights.shape[0], all = weights.shape[1];
  std::vector<double> part(static_cast<std::size_t>(in) * count);
  for (std::int64_t k = 0; k < in; ++k)
    std::copy_n(weights.values.data() + k * all + first, count, part.data() + k * count);
  const MatrixSegment segment{offset, transposed ? count : static_cast<int>(in),
                              static_cast<std::int64_t>(weights_.size())};
  weights_.resize(weights_.size() + static_cast<std::size_t>(segment.depth) * columns);
  pack_weights(part.data(), in, count, transposed, kernels_.width, columns,
               weights_.data() + segment.weights);
  return segment;
}

template <class T>
void EdgewiseEnergy<T>::connect(const Edgewise &e)
{
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    Node &to = nodes_[n];
    const int width = e.nodes[n].width;
    for (const auto &part : e.nodes[n].nodes) {
      Node &from = nodes_[part.from];
      to.forward.push_back(pack(part.weights, 0, width, false, from.value, to.columns));
      from.backward.push_back(pack(part.weights, 0, width, true, to.pre, from.columns));
    }
    for (const auto &part : e.nodes[n].products) {
      Product &from = products_[part.from];
      to.forward.push_back(pack(part.weights, 0, width, false, from.invariant, to.columns));
      from.backward.push_back(pack(part.weights, 0, width, true, to.pre, padded_));
    }
  }
  for (std::size_t k = 0; k < environments_.size(); ++k)
    for (const auto &part : e.environments[k].nodes) {
      Source source;
      source.node = part.from;
      Node &node = nodes_[part.from];
      node.starts = true;
      for (int l = 0; l <= lmax_; ++l) {
        source.forward.push_back(pack(part.weights, l * channels_, channels_, false, 0, padded_));
        source.backward.push_back(pack(part.weights, l * channels_, channels_, true, 0, node.columns));
      }
      environments_[k].sources.push_back(std::move(source));
    }
  for (const auto &part : e.energy) {
    nodes_[part.from].energy = part.weights.values;
    nodes_[part.from].starts = true;
  }
  for (auto &node : nodes_) node.starts = node.starts || node.backward.empty();
}

template <class T>
void EdgewiseEnergy<T>::set_table(int rows, const std::vector<double> &coefficients)
{
  const std::size_t outputs = coefficients.size() / rows;
  table_.reserve(static_cast<std::size_t>(rows) * table_width_);
  std::fill_n(table_.data(), static_cast<std::size_t>(rows) * table_width_, T(0));
  for (int row = 0; row < rows; ++row)
    for (const auto &block : blocks_)
      for (int c = 0; c < block.count; ++c)
        table_.data()[static_cast<std::size_t>(row) * table_width_ + block.to + c] =
            static_cast<T>(coefficients[row * outputs + block.from + c]);
}

template <class T>
double EdgewiseEnergy<T>::memory_bytes() const
{
  double bytes = table_.bytes() + packed_.bytes();
  for (const auto &product : products_)
    for (const auto &contraction : product.chain) bytes += contraction.memory_bytes();
  return bytes;
}

#define NATROLITE_EDGEWISE(T)                                                                                \
  template EdgewiseEnergy<T>::EdgewiseEnergy(const Edgewise &, int, const Kernels<T> &);                     \
  template void EdgewiseEnergy<T>::set_table(int, const std::vector<double> &);                              \
  template double EdgewiseEnergy<T>::memory_bytes() const;
NATROLITE_EDGEWISE(float)
NATROLITE_EDGEWISE(double)

}    // namespace natrolite::native
