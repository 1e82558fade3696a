// SPDX-License-Identifier: GPL-2.0-only
#include "embedding.h"

#include <algorithm>
#include <cmath>

namespace natrolite::native::charged {
namespace {

  double softplus(double x)
  {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
  }

  /// positive and negative part, or the magnitude
  std::vector<double> split(bool has_sign, double amount)
  {
    if (!has_sign) return {std::fabs(amount)};
    return {std::max(amount, 0.0), std::max(-amount, 0.0)};
  }

  /// e [rows] times table [rows][n]
  std::vector<double> weighted(const std::vector<double> &e, const Array &table)
  {
    const auto n = static_cast<std::size_t>(table.shape[1]);
    std::vector<double> sum(n, 0.0);
    for (std::size_t k = 0; k < e.size(); ++k)
      for (std::size_t f = 0; f < n; ++f) sum[f] += e[k] * table.values[k * n + f];
    return sum;
  }

}    // namespace

template <class T>
Embedding<T>::Embedding(const ChargedDescription &d, int width, const Kernels<T> &kernels) :
    features_(d.features), width_(width), elements_(d.elements),
    charge_{d.charge, Readout<T>(d.charge.readout, width, kernels)},
    spin_{d.spin, Readout<T>(d.spin.readout, width, kernels)}
{
}

/// [types] attention weights, which add up to one over all atoms
template <class T>
std::vector<double> Embedding<T>::shares(const EmbeddingShape &shape, const Electrons &electrons,
                                         const std::vector<double> &split) const
{
  std::vector<double> unit = split;
  for (double &e : unit) e /= std::max(e, 1.0);
  const auto key = weighted(unit, shape.key);
  const auto n = static_cast<std::size_t>(features_);
  std::vector<double> share(electrons.counts.size(), 0.0);
  double total = 0.0;
  for (std::size_t t = 0; t < share.size(); ++t) {
    if (electrons.counts[t] == 0.0) continue;
    double dot = 0.0;
    for (std::size_t out = 0; out < n; ++out) {
      double query = shape.query.bias.empty() ? 0.0 : shape.query.bias[out];
      for (std::size_t in = 0; in < n; ++in)
        query += elements_.values[t * n + in] * shape.query.weights.values[in * n + out];
      dot += query * key[out];
    }
    share[t] = softplus(dot / std::sqrt(static_cast<double>(n)));
    total += electrons.counts[t] * share[t];
  }
  for (double &s : share) s /= total + 1e-8;
  return share;
}

template <class T>
void Embedding<T>::add(const Part &part, double amount, const Electrons &electrons,
                       const std::vector<std::int64_t> &present, T *x) const
{
  const auto parts = split(part.shape.has_sign, amount);
  const auto share = shares(part.shape, electrons, parts), value = weighted(parts, part.shape.value);
  const auto size = static_cast<std::size_t>(width_) * BLOCK;
  Buffer<T> memory;
  memory.reserve(size * (part.readout.slots() + 4));
  T *in = memory.data(), *scratch = in + size, *slots = scratch + 3 * size;
  for (std::size_t begin = 0; begin < present.size(); begin += BLOCK) {
    const auto rows = static_cast<int>(std::min<std::size_t>(BLOCK, present.size() - begin));
    std::fill_n(in, size, T(0));
    for (int r = 0; r < rows; ++r)
      for (int f = 0; f < features_; ++f)
        in[r * width_ + f] = static_cast<T>(share[present[begin + r]] * value[f]);
    T *to = x + begin * width_;
    part.readout.forward(rows, in, slots, to, {to, width_}, scratch);
  }
}

template <class T>
void Embedding<T>::evaluate(const Electrons &electrons, const std::vector<std::int64_t> &present, T *x) const
{
  std::fill_n(x, present.size() * width_, T(0));
  for (std::size_t k = 0; k < present.size(); ++k)
    for (int f = 0; f < features_; ++f)
      x[k * width_ + f] = static_cast<T>(elements_.values[present[k] * features_ + f]);
  add(charge_, electrons.charge, electrons, present, x);
  add(spin_, electrons.spin, electrons, present, x);
}

template class Embedding<float>;
template class Embedding<double>;

}    // namespace natrolite::native::charged
