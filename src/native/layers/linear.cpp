// SPDX-License-Identifier: GPL-2.0-only
#include "linear.h"

#include "native/packing.h"

#include <algorithm>
#include <utility>

namespace natrolite::native {

namespace {

  int map_to(const Step::Map &map, bool transposed)
  {
    return transposed ? map.in : map.out;
  }

  int map_from(const Step::Map &map, bool transposed)
  {
    return transposed ? map.out : map.in;
  }

}    // namespace

template <class T>
Linear<T>::Linear(const Step &step, const Layout &in, const Layout &out, const Kernels<T> &kernels) :
    step_(step), in_(in), out_(out), kernels_(kernels),
    typed_(!step.maps.empty() && step.maps[0].weights.shape.size() == 3)
{
  plan(in, out, false, forward_);
  plan(out, in, true, backward_);
  packed_.resize(typed_ ? step.maps[0].weights.shape[0] : 1);
  if (!typed_) pack(0, packed_[0]);
}

template <class T>
void Linear<T>::plan(const Layout &from, const Layout &to, bool transposed, std::vector<Product> &products)
{
  std::size_t at = 0;
  for (std::size_t b = 0; b < to.blocks.size(); ++b) {
    const auto &block = to.blocks[b];
    Product p;
    p.to = block.offset;
    p.columns = p.stride = block.padded;
    p.components = block.components();
    p.segments.resize(p.components);
    for (const auto &map : step_.maps) {
      if (map_to(map, transposed) != static_cast<int>(b)) continue;
      const auto &source = from.blocks[map_from(map, transposed)];
      for (int m = 0; m < p.components; ++m)
        p.segments[m].push_back(
            {source.offset + m * source.padded, source.channels, static_cast<std::int64_t>(at)});
      at += static_cast<std::size_t>(source.channels) * block.padded;
    }
    p.covered = !p.segments[0].empty();
    products.push_back(std::move(p));
  }
  packed_size_[transposed] = at;
}

/// weights in groups of 4, 2 and 1 vectors of columns, as Kernels::multiply reads them
template <class T>
void Linear<T>::pack(std::int64_t type, Packed &packed) const
{
  for (int transposed = 0; transposed < 2; ++transposed) {
    Buffer<T> &memory = transposed ? packed.backward : packed.forward;
    memory.reserve(std::max<std::size_t>(packed_size_[transposed], 1));
    const Layout &to = transposed ? in_ : out_;
    std::size_t at = 0;
    for (std::size_t b = 0; b < to.blocks.size(); ++b)
      for (const auto &map : step_.maps) {
        if (map_to(map, transposed) != static_cast<int>(b)) continue;
        const auto rank = map.weights.shape.size();
        const auto in = map.weights.shape[rank - 2], out = map.weights.shape[rank - 1];
        const double *w = map.weights.values.data() + (typed_ ? type * in * out : 0);
        at += pack_weights(w, in, out, transposed, kernels_.width, to.blocks[b].padded, memory.data() + at);
      }
  }
}

template <class T>
void Linear<T>::prepare_types(const std::int64_t *types, std::int64_t n)
{
  for (std::int64_t k = 0; typed_ && k < n; ++k)
    if (!packed_[types[k]].forward.data()) {
      Packed packed;
      pack(types[k], packed);
      packed_[types[k]] = std::move(packed);
    }
}

template <class T>
void Linear<T>::apply(Workspace<T> &work, const std::vector<Product> &products, bool transposed, Rows<T> x,
                      Rows<T> y, bool add) const
{
  const auto n = static_cast<int>(work.end - work.begin);
  work.which.reserve(n);
  MatrixArguments<T> a;
  a.x_stride = x.stride;
  a.y_stride = y.stride;
  const auto run = [&](const Packed &packed) {
    a.weights = transposed ? packed.backward.data() : packed.forward.data();
    for (const auto &p : products)
      for (int m = 0; m < p.components; ++m) {
        a.x = x[work.begin];
        a.y = y[work.begin] + p.to + m * p.stride;
        a.columns = p.columns;
        a.segments = static_cast<int>(p.segments[m].size());
        a.segment = p.segments[m].data();
        a.add = add;
        if (p.covered || !add) kernels_.multiply(a);
      }
  };
  if (!typed_) {
    a.rows = n;
    return run(packed_[0]);
  }
  const std::int64_t *types = work.graph->types + work.begin;
  std::vector<char> done(packed_.size(), 0);
  for (int k = 0; k < n; ++k) {
    if (done[types[k]]) continue;
    done[types[k]] = 1;
    a.rows = 0;
    for (int i = k; i < n; ++i)
      if (types[i] == types[k]) work.which.data()[a.rows++] = i;
    a.which = work.which.data();
    run(packed_[types[k]]);
  }
}

template <class T>
void Linear<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  apply(work, forward_, false, rows.in, rows.out, step_.add);
  for (const auto &bias : step_.biases) {
    const auto &block = out_.blocks[bias.out];
    const bool typed = bias.values.shape.size() == 2;
    for (std::int64_t row = work.begin; row < work.end; ++row) {
      const double *b = bias.values.values.data() + (typed ? work.graph->types[row] * block.channels : 0);
      for (int k = 0; k < block.channels; ++k) rows.out[row][block.offset + k] += static_cast<T>(b[k]);
    }
  }
}

template <class T>
void Linear<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  apply(work, backward_, true, rows.dout, rows.din, rows.add_gradient);
}

template <class T>
double Linear<T>::memory_bytes() const
{
  double bytes = 0.0;
  for (const auto &packed : packed_) bytes += packed.forward.bytes() + packed.backward.bytes();
  return bytes;
}

template class Linear<float>;
template class Linear<double>;

}    // namespace natrolite::native
