// SPDX-License-Identifier: GPL-2.0-only
#include "product.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace natrolite::native {

template <class T>
Product<T>::Product(const Step &step, const Layout &in, const Layout &out, const Kernels<T> &kernels) :
    step_(step), in_(in), out_(out), kernels_(kernels)
{
  for (const auto &block : in.blocks)
    for (int m = 0; m < block.components(); ++m)
      monomials_.component.push_back(block.offset + m * block.padded);
  for (const auto &factors : {step.pairs, step.triples})
    for (const auto &[left, right] : factors) {
      monomials_.left.push_back(left);
      monomials_.right.push_back(right);
    }
  monomials_.triples = static_cast<int>(step.triples.size());
  for (const auto &o : step.outputs) {
    const auto &block = out.blocks[o.block];
    monomials_.output.push_back(block.offset + o.component * block.padded);
    monomials_.first.push_back(static_cast<int>(monomials_.monomial.size()));
    monomials_.monomial.insert(monomials_.monomial.end(), o.monomials.begin(), o.monomials.end());
  }
  monomials_.first.push_back(static_cast<int>(monomials_.monomial.size()));
  vectors_ = in.blocks[0].padded / kernels.width;
  coefficients_.resize(step.product_weights[0].shape[0]);
  if (coefficients_.size() == 1) multiply_out(0);
}

/// coefficient[entry][channel] = sum over paths of coupling[path][entry] weight[path][channel]
template <class T>
void Product<T>::multiply_out(std::size_t set)
{
  const int width = kernels_.width, channels = in_.blocks[0].channels;
  const auto entries = static_cast<int>(monomials_.monomial.size());
  Buffer<T> to;
  to.reserve(static_cast<std::size_t>(vectors_) * entries * width);
  std::fill_n(to.data(), to.size(), T(0));
  std::vector<double> sum(channels);
  for (std::size_t o = 0; o < step_.outputs.size(); ++o) {
    const auto &output = step_.outputs[o];
    const Array &weights = step_.product_weights[output.block];
    const auto paths = weights.shape[1], count = static_cast<std::int64_t>(output.monomials.size());
    const double *w = weights.values.data() + set * paths * channels;
    for (std::int64_t e = 0; e < count; ++e) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::int64_t k = 0; k < paths; ++k) {
        const double coupling = output.coupling.values[k * count + e];
        for (int c = 0; c < channels && coupling != 0.0; ++c) sum[c] += coupling * w[k * channels + c];
      }
      for (int c = 0; c < channels; ++c)
        to.data()[(static_cast<std::size_t>(c / width) * entries + monomials_.first[o] + e) * width +
                  c % width] = static_cast<T>(sum[c]);
    }
  }
  coefficients_[set] = std::move(to);
}

template <class T>
void Product<T>::prepare_types(const std::int64_t *types, std::int64_t n)
{
  for (std::int64_t k = 0; k < n; ++k)
    if (!coefficients_[set_of(types[k])].data()) multiply_out(set_of(types[k]));
}

/// vectors of channels outermost: their coefficients stay in the cache for all atoms of a block
template <class T>
template <class F>
void Product<T>::for_each_vector(Workspace<T> &work, const Operands<T> &rows, F &&run) const
{
  ProductArguments<T> a = monomials_.arguments<T>();
  work.scratch.reserve(monomials_.scratch(kernels_.width));
  a.scratch = work.scratch.data();
  const std::size_t entries = monomials_.monomial.size();
  for (int v = 0; v < vectors_; ++v)
    for (std::int64_t row = work.begin; row < work.end; ++row) {
      const int channel = v * kernels_.width;
      a.coefficients = coefficients_[set_of(work.graph->types[row])].data() + v * entries * kernels_.width;
      a.x = rows.in[row] + channel;
      run(a, row, channel);
    }
}

template <class T>
void Product<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  for_each_vector(work, rows, [&](ProductArguments<T> &a, std::int64_t row, int channel) {
    a.out = rows.out[row] + channel;
    kernels_.product_forward(a);
  });
}

template <class T>
void Product<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  for_each_vector(work, rows, [&](ProductArguments<T> &a, std::int64_t row, int channel) {
    a.out = rows.dout[row] + channel;
    a.dx = rows.din[row] + channel;
    kernels_.product_backward(a);
  });
}

template <class T>
double Product<T>::memory_bytes() const
{
  double bytes = 0.0;
  for (const auto &set : coefficients_) bytes += set.bytes();
  return bytes;
}

template <class T>
Divide<T>::Divide(const Step &step, const Layout &in, const Layout &by) :
    alpha_(static_cast<T>(step.alpha)), beta_(static_cast<T>(step.beta)), width_(in.width),
    by_width_(by.width)
{
}

template <class T>
void Divide<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const T inverse = T(1) / (alpha_ + beta_ * rows.by[row][0]);
    const T *x = rows.in[row];
    T *y = rows.out[row];
    for (int k = 0; k < width_; ++k) y[k] = inverse * x[k];
  }
}

template <class T>
void Divide<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const T inverse = T(1) / (alpha_ + beta_ * rows.by[row][0]);
    const T *x = rows.in[row], *dy = rows.dout[row];
    T *dx = rows.din[row], *dby = rows.dby[row], along = T(0);
    for (int k = 0; k < width_; ++k) {
      along += x[k] * dy[k];
      dx[k] = (rows.add_gradient ? dx[k] : T(0)) + inverse * dy[k];
    }
    if (!rows.add_gradient_by) std::fill_n(dby, by_width_, T(0));
    dby[0] -= beta_ * inverse * inverse * along;
  }
}

/// calls f(edge of the block, center, energy, d energy / d r)
template <class T>
template <class F>
void Repulsion<T>::for_each_edge(const Workspace<T> &work, F &&f) const
{
  const auto &g = *work.graph;
  for (std::int64_t row = work.begin; row < work.end; ++row)
    for (std::int64_t e = g.first[row]; e < g.first[row + 1]; ++e) {
      const auto at = e - work.first_edge();
      const auto pair = g.types[work.neighbor[at]] * step_.types + g.types[row];
      const double r = static_cast<double>(work.edges.r[at]), x = r / step_.reach[pair];
      if (x >= 1.0) continue;
      double screen = 0.0, dscreen = 0.0;
      for (std::size_t k = 0; k < step_.coefficients.size(); ++k) {
        const double decay = step_.decays[k] / step_.screening[pair];
        const double term = step_.coefficients[k] * std::exp(-decay * r);
        screen += term;
        dscreen -= decay * term;
      }
      const double p = step_.p, power = std::pow(x, p - 1.0);
      const double a = (p + 1.0) * (p + 2.0) / 2.0, b = p * (p + 2.0), c = p * (p + 1.0) / 2.0;
      const double envelope = 1.0 - power * x * (a - x * (b - x * c));
      const double slope = -power * (a * p - x * (b * (p + 1.0) - x * c * (p + 2.0))) / step_.reach[pair];
      const double strength = step_.strength[pair] / r;
      f(at, row, strength * screen * envelope,
        strength * ((dscreen - screen / r) * envelope + screen * slope));
    }
}

template <class T>
void Repulsion<T>::forward(Workspace<T> &work, const Operands<T> &) const
{
  const T *const unit[] = {work.edges.x, work.edges.y, work.edges.z};
  for_each_edge(work, [&](std::int64_t e, std::int64_t row, double energy, double slope) {
    work.energy[row] += energy;
    if (row >= work.graph->nowned) return;
    for (int d = 0; d < 3; ++d) work.edge_gradient[3 * e + d] += slope * static_cast<double>(unit[d][e]);
  });
}

template class Product<float>;
template class Product<double>;
template class Divide<float>;
template class Divide<double>;
template class Repulsion<float>;
template class Repulsion<double>;

}    // namespace natrolite::native
