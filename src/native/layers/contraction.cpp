// SPDX-License-Identifier: GPL-2.0-only
#include "contraction.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace natrolite::native {

namespace {

  int start_of(const std::vector<int> &degrees, int block)
  {
    int start = 0;
    for (int b = 0; b < block; ++b) start += 2 * degrees[b] + 1;
    return start;
  }

}    // namespace

template <class T>
Contraction<T>::Contraction(const Edgewise::Product &product, int channels, int padded, Components env,
                            Components y, Components x, const Kernels<T> &kernels) :
    kernels_(kernels), padded_(padded)
{
  for (const auto &part : {env, y})
    for (int k = 0; k < part.count; ++k) monomials_.component.push_back(part.offset + k * padded);
  const auto entries = entries_of(product, channels, y.count == 0);
  std::map<std::pair<int, int>, int> pairs;
  for (const auto &e : entries)
    if (y.count > 0 && pairs.try_emplace({e.j, e.c}, monomials_.count()).second) {
      monomials_.left.push_back(e.j);
      monomials_.right.push_back(env.count + e.c);
    }
  for (int a = 0; a < x.count; ++a) {
    monomials_.output.push_back(x.offset + a * padded);
    monomials_.first.push_back(static_cast<int>(monomials_.monomial.size()));
    for (const auto &e : entries)
      if (e.a == a) monomials_.monomial.push_back(y.count > 0 ? pairs.at({e.j, e.c}) : e.j);
  }
  monomials_.first.push_back(static_cast<int>(monomials_.monomial.size()));
  const int width = kernels.width;
  const std::size_t count = monomials_.monomial.size();
  coefficients_.reserve(std::max<std::size_t>(count * padded, 1));
  std::fill_n(coefficients_.data(), coefficients_.size(), T(0));
  std::size_t at = 0;
  for (int a = 0; a < x.count; ++a)
    for (const auto &e : entries) {
      if (e.a != a) continue;
      for (int c = 0; c < channels; ++c)
        coefficients_.data()[(c / width * count + at) * width + c % width] = static_cast<T>(e.weights[c]);
      ++at;
    }
}

/// the numbers of the product that are not 0, those of several paths summed
template <class T>
std::vector<typename Contraction<T>::Entry> Contraction<T>::entries_of(const Edgewise::Product &product,
                                                                       int channels, bool invariant) const
{
  std::map<std::array<int, 3>, std::vector<double>> sums;
  for (const auto &path : product.paths) {
    if (invariant && path.out != 0) continue;
    const int a0 = start_of(product.in, path.in), c0 = start_of(product.out, path.out);
    const int j0 = path.l2 * path.l2;
    const double *coupling = path.coupling.values.data();
    for (int a = 0; a < 2 * product.in[path.in] + 1; ++a)
      for (int j = 0; j < 2 * path.l2 + 1; ++j)
        for (int c = 0; c < 2 * product.out[path.out] + 1; ++c, ++coupling) {
          if (*coupling == 0.0) continue;
          auto &sum = sums[{a0 + a, j0 + j, c0 + c}];
          sum.resize(channels, 0.0);
          for (int k = 0; k < channels; ++k) sum[k] += *coupling * path.weights[k];
        }
  }
  std::vector<Entry> entries;
  for (auto &[at, weights] : sums) entries.push_back({at[0], at[1], at[2], std::move(weights)});
  return entries;
}

template <class T>
ProductArguments<T> Contraction<T>::arguments(T *center, T *scratch, int vector) const
{
  ProductArguments<T> a = monomials_.arguments<T>();
  a.coefficients = coefficients_.data() + vector * monomials_.monomial.size() * kernels_.width;
  a.x = center + vector * kernels_.width;
  a.scratch = scratch;
  return a;
}

template <class T>
void Contraction<T>::forward(T *center, T *scratch) const
{
  for (int v = 0; v < padded_ / kernels_.width; ++v) {
    auto a = arguments(center, scratch, v);
    a.out = center + v * kernels_.width;
    kernels_.product_forward(a);
  }
}

template <class T>
void Contraction<T>::backward(T *center, T *dcenter, T *spare, T *scratch) const
{
  for (int v = 0; v < padded_ / kernels_.width; ++v) {
    auto a = arguments(center, scratch, v);
    a.out = dcenter + v * kernels_.width;
    a.dx = spare + v * kernels_.width;
    kernels_.product_backward(a);
  }
  for (int at : monomials_.component)
    for (int c = 0; c < padded_; ++c) dcenter[at + c] += spare[at + c];
}

template class Contraction<float>;
template class Contraction<double>;

}    // namespace natrolite::native
