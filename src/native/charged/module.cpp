// SPDX-License-Identifier: GPL-2.0-only
#include "module.h"

#include <algorithm>
#include <cmath>

namespace natrolite::native::charged {
namespace {

  constexpr int COMPONENTS[] = {3, 5};    // of p and d

  /// [in][2 F] as [in][2 P]: either half padded
  template <class T>
  Dense<T> two_halves(const DenseShape &shape, int width, const Kernels<T> &kernels)
  {
    const int in = static_cast<int>(shape.weights.shape[0]),
              half = static_cast<int>(shape.weights.shape[1]) / 2;
    std::vector<double> w(static_cast<std::size_t>(in) * 2 * width, 0.0), bias(2 * width, 0.0);
    for (int h = 0; h < 2; ++h)
      for (int j = 0; j < half; ++j) {
        for (int i = 0; i < in; ++i)
          w[(static_cast<std::size_t>(i) * 2 + h) * width + j] = shape.weights.values[(2 * i + h) * half + j];
        if (!shape.bias.empty()) bias[h * width + j] = shape.bias[h * half + j];
      }
    Dense<T> dense(kernels);
    dense.assign(in, 2 * width, w.data());
    if (!shape.bias.empty()) dense.set_bias(bias);
    return dense;
  }

  /// queries and keys are divided by F^(1/4)
  std::vector<double> scaled(const Array &directions)
  {
    std::vector<double> w = directions.values;
    for (double &x : w) x /= std::sqrt(std::sqrt(static_cast<double>(directions.shape[0])));
    return w;
  }

}    // namespace

template <class T>
Module<T>::Module(const ModuleShape &s, const Kernels<T> &kernels) :
    kernels_(kernels), features_(static_cast<int>(s.directions.shape[0])),
    width_(whole_vectors(features_, kernels.width)), pre_(s.pre, width_, kernels),
    post_(s.post, width_, kernels), own_(s.own, width_, kernels),
    messages_{Readout<T>(s.messages[0], width_, kernels), Readout<T>(s.messages[1], width_, kernels),
              Readout<T>(s.messages[2], width_, kernels)},
    mix_(s.mix, width_, kernels), query_(s.query, width_, kernels), key_(s.key, width_, kernels),
    value_(s.value, width_, kernels), readout_(s.readout, width_, kernels),
    pairs_{two_halves(s.pairs[0], width_, kernels), two_halves(s.pairs[1], width_, kernels)},
    directions_(kernels), omega_(scaled(s.directions))
{
  directions_.assign(features_, features_, omega_.data());
  std::size_t at = 0;
  const auto take = [&](int width) {
    const std::size_t here = at;
    at += static_cast<std::size_t>(width) * BLOCK;
    return here;
  };
  pre_at_ = take(pre_.slots() * width_);
  own_at_ = take(own_.slots() * width_);
  for (int k = 0; k < 3; ++k) message_at_[k] = take(messages_[k].slots() * width_);
  query_at_ = take(query_.slots() * width_);
  key_at_ = take(key_.slots() * width_);
  value_at_ = take(value_.slots() * width_);
  mix_at_ = take(mix_.slots() * width_);
  post_at_ = take(post_.slots() * width_);
  readout_at_ = take(readout_.slots() * width_);
  for (std::size_t *slot : {&total_, &xq_, &xk_, &pq_, &pk_, &start_}) *slot = take(width_);
  v_ = take(extended_width());
  mixed_ = take(extended_width());
  pair_ = take(16 * width_);
  for (std::size_t *slot : {&half_q_, &half_k_, &highest_q_}) *slot = take(1);
  slab_ = at;
}

template <class T>
FeatureArguments<T> Module<T>::features(int rows, T *slab, bool query, T *highest) const
{
  return {rows, features_, width_, slab + (query ? pq_ : pk_), slab + (query ? half_q_ : half_k_), highest};
}

template <class T>
void Module<T>::before(int rows, const T *x_in, T *slab, T *messages, T *scratch) const
{
  const auto &k = kernels_.charged;
  pre_.forward(rows, x_in, slab + pre_at_, scratch);
  const T *x = pre_.result(x_in, slab + pre_at_);
  own_.forward(rows, x, slab + own_at_, nullptr, {slab + total_, width_}, scratch);
  for (int m = 0; m < 3; ++m)
    messages_[m].forward(rows, x, slab + message_at_[m], nullptr, {messages + m * width_, 3 * width_},
                         scratch);
  query_.forward(rows, x, slab + query_at_, nullptr, {slab + xq_, width_}, scratch);
  key_.forward(rows, x, slab + key_at_, nullptr, {slab + xk_, width_}, scratch);
  const T scale = static_cast<T>(0.5 / std::sqrt(static_cast<double>(features_)));
  k.half_square(rows, width_, scale, slab + xq_, slab + half_q_);
  k.half_square(rows, width_, scale, slab + xk_, slab + half_k_);
  directions_.forward(rows, {slab + xq_, width_}, nullptr, {slab + pq_, width_});
  directions_.forward(rows, {slab + xk_, width_}, nullptr, {slab + pk_, width_});
  value_.forward(rows, x, slab + value_at_, nullptr, {slab + v_, extended_width()}, scratch);
  for (int r = 0; r < rows; ++r) {
    T *last = slab + v_ + static_cast<std::size_t>(r) * extended_width() + width_;
    std::fill_n(last, kernels_.width, T(0));
    last[0] = T(1);
  }
  std::int32_t where[BLOCK];
  k.row_max(rows, features_, width_, slab + pq_, slab + highest_q_, where);
}

template <class T>
T Module<T>::highest_key(int rows, const T *slab, T *scratch) const
{
  std::int32_t where[BLOCK];
  kernels_.charged.row_max(rows, features_, width_, slab + pk_, scratch, where);
  return *std::max_element(scratch, scratch + rows);
}

template <class T>
void Module<T>::find_key(int rows, const T *slab, T highest, int &row, int &channel) const
{
  for (row = 0; row < rows; ++row)
    for (channel = 0; channel < features_; ++channel)
      if (slab[pk_ + static_cast<std::size_t>(row) * width_ + channel] == highest) return;
  row = -1;
}

template <class T>
void Module<T>::add_keys(int rows, T *slab, T highest, const T *counts, double *sum, T *scratch) const
{
  const int size = width_ * BLOCK;
  T *phi = scratch, *weighted = scratch + size, *high = scratch + 2 * size;
  std::fill_n(high, rows, highest);
  kernels_.charged.features(features(rows, slab, false, high), phi);
  if (counts) {
    std::fill_n(weighted, rows * width_, T(0));
    kernels_.charged.add_scaled(rows, width_, T(1), counts, phi, weighted);
    phi = weighted;
  }
  kernels_.charged.outer(rows, width_, extended_width(), phi, slab + v_, sum);
}

template <class T>
void Module<T>::attend(int rows, const T *x_in, T *slab, const Dense<T> &sum, T *scratch) const
{
  std::copy_n(pre_.result(x_in, slab + pre_at_), static_cast<std::size_t>(rows) * width_, slab + start_);
  kernels_.charged.features(features(rows, slab, true, slab + highest_q_), scratch);
  sum.forward(rows, {scratch, width_}, nullptr, {slab + mixed_, extended_width()});
  kernels_.charged.divide(rows, width_, slab + mixed_, slab + start_);
}

template <class T>
void Module<T>::copy_row(T *slab, int row, const T *from, int from_row) const
{
  for (const std::size_t slot : {total_, start_})
    std::copy_n(from + slot + static_cast<std::size_t>(from_row) * width_, width_,
                slab + slot + static_cast<std::size_t>(row) * width_);
}

template <class T>
void Module<T>::after(int rows, T *slab, const T *sums, T *output, T *scratch) const
{
  const auto &k = kernels_.charged;
  T *total = slab + total_, *pair = slab + pair_;
  for (int r = 0; r < rows; ++r) {
    const std::size_t at = static_cast<std::size_t>(r) * width_;
    k.add(width_, total + at, sums + 9 * at, total + at);
  }
  for (int kind = 0, c = 0; kind < 2; ++kind)
    for (int m = 0; m < COMPONENTS[kind]; ++m, ++c)
      pairs_[kind].forward(rows, {sums + (1 + c) * width_, 9 * width_}, nullptr,
                           {pair + 2 * c * width_, 16 * width_});
  k.contract(rows, 8, width_, pair, total);
  mix_.forward(rows, total, slab + mix_at_, slab + start_, {slab + start_, width_}, scratch);
  post_.forward(rows, slab + start_, slab + post_at_, scratch);
  readout_.forward(rows, result(slab), slab + readout_at_, output, {output, width_}, scratch);
}

template <class T>
void Module<T>::after_backward(int rows, T *slab, const T *doutput, const T *d, T *dsums, T *scratch) const
{
  const int size = width_ * BLOCK;
  T *dx = scratch, *rest = scratch + size, *dtotal = scratch + 4 * size, *pair = slab + pair_;
  readout_.backward(rows, result(slab), slab + readout_at_, {doutput, width_}, d, dx, rest);
  post_.backward(rows, slab + start_, slab + post_at_, dx, rest);
  std::copy_n(dx, rows * width_, slab + start_);
  mix_.backward(rows, slab + total_, slab + mix_at_, {dx, width_}, nullptr, dtotal, rest);
  std::copy_n(dtotal, rows * width_, slab + total_);
  kernels_.charged.contract_backward(rows, 8, width_, pair, dtotal, pair);
  for (int r = 0; r < rows; ++r)
    std::copy_n(dtotal + static_cast<std::size_t>(r) * width_, width_,
                dsums + static_cast<std::size_t>(r) * 9 * width_);
  for (int kind = 0, c = 0; kind < 2; ++kind)
    for (int m = 0; m < COMPONENTS[kind]; ++m, ++c)
      pairs_[kind].backward(rows, {pair + 2 * c * width_, 16 * width_}, nullptr,
                            {dsums + (1 + c) * width_, 9 * width_});
}

template <class T>
void Module<T>::attend_backward(int rows, T *slab, const Dense<T> &sum, double *dsum, T *scratch) const
{
  const auto &k = kernels_.charged;
  const int size = width_ * BLOCK;
  T *phi = scratch, *dphi = scratch + size, *dmixed = scratch + 2 * size, *total = scratch + 5 * size;
  std::int32_t where[BLOCK];
  k.row_max(rows, features_, width_, slab + pq_, slab + highest_q_, where);
  const auto query = features(rows, slab, true, slab + highest_q_);
  k.divide_backward(rows, width_, slab + mixed_, slab + start_, dmixed);
  k.features(query, phi);
  k.outer(rows, width_, extended_width(), phi, dmixed, dsum);
  sum.backward(rows, {dmixed, extended_width()}, nullptr, {dphi, width_});
  k.features_backward(query, dphi, total);
  for (int r = 0; r < rows; ++r) slab[pq_ + static_cast<std::size_t>(r) * width_ + where[r]] -= total[r];
  directions_.backward(rows, {slab + pq_, width_}, nullptr, {dphi, width_});
  k.add_scaled(rows, width_, static_cast<T>(-1.0 / std::sqrt(static_cast<double>(features_))), total,
               slab + xq_, dphi);
  std::copy_n(dphi, rows * width_, slab + xq_);
}

template <class T>
double Module<T>::keys_backward(int rows, T *slab, T highest, const Dense<T> &dsum, T *scratch) const
{
  const auto &k = kernels_.charged;
  const int size = width_ * BLOCK;
  T *phi = scratch, *dphi = scratch + size, *dv = scratch + 2 * size, *total = scratch + 5 * size,
    *high = scratch + 6 * size;
  std::fill_n(high, rows, highest);
  const auto key = features(rows, slab, false, high);
  k.features(key, phi);
  dsum.forward(rows, {phi, width_}, nullptr, {dv, extended_width()});
  dsum.backward(rows, {slab + v_, extended_width()}, nullptr, {dphi, width_});
  std::copy_n(dv, rows * extended_width(), slab + v_);
  k.features_backward(key, dphi, total);
  directions_.backward(rows, {slab + pk_, width_}, nullptr, {dphi, width_});
  k.add_scaled(rows, width_, static_cast<T>(-1.0 / std::sqrt(static_cast<double>(features_))), total,
               slab + xk_, dphi);
  std::copy_n(dphi, rows * width_, slab + xk_);
  double all = 0.0;
  for (int r = 0; r < rows; ++r) all -= static_cast<double>(total[r]);
  return all;
}

template <class T>
void Module<T>::highest_backward(int row, int channel, T *slab, double gradient) const
{
  T *dx = slab + xk_ + static_cast<std::size_t>(row) * width_;
  for (int f = 0; f < features_; ++f)
    dx[f] += static_cast<T>(gradient * omega_[static_cast<std::size_t>(f) * features_ + channel]);
}

template <class T>
void Module<T>::before_backward(int rows, const T *x_in, T *slab, const T *dmessages, T *dx_in,
                                T *scratch) const
{
  const T *x = pre_.result(x_in, slab + pre_at_);
  own_.backward(rows, x, slab + own_at_, {slab + total_, width_}, slab + start_, dx_in, scratch);
  for (int m = 0; m < 3; ++m)
    messages_[m].backward(rows, x, slab + message_at_[m], {dmessages + m * width_, 3 * width_}, dx_in, dx_in,
                          scratch);
  query_.backward(rows, x, slab + query_at_, {slab + xq_, width_}, dx_in, dx_in, scratch);
  key_.backward(rows, x, slab + key_at_, {slab + xk_, width_}, dx_in, dx_in, scratch);
  value_.backward(rows, x, slab + value_at_, {slab + v_, extended_width()}, dx_in, dx_in, scratch);
  pre_.backward(rows, x_in, slab + pre_at_, dx_in, scratch);
}

template class Module<float>;
template class Module<double>;

}    // namespace natrolite::native::charged
