// SPDX-License-Identifier: GPL-2.0-only
#include "dense.h"

#include <algorithm>

namespace natrolite::native::charged {
namespace {

  template <class T>
  void fill_padded(const std::vector<double> &values, int width, Buffer<T> &to)
  {
    const int n = whole_vectors(static_cast<int>(values.size()), width);
    to.reserve(n);
    std::fill_n(to.data(), n, T(0));
    std::transform(values.begin(), values.end(), to.data(), [](double x) { return static_cast<T>(x); });
  }

}    // namespace

template <class T>
Dense<T>::Dense(const DenseShape &shape, const Kernels<T> &kernels) : kernels_(kernels)
{
  assign(static_cast<int>(shape.weights.shape[0]), static_cast<int>(shape.weights.shape[1]),
         shape.weights.values.data());
  if (!shape.bias.empty()) set_bias(shape.bias);
}

template <class T>
void Dense<T>::set_bias(const std::vector<double> &bias)
{
  fill_padded(bias, kernels_.width, bias_);
  has_bias_ = true;
}

template <class T>
void Dense<T>::assign(int in, int out, const double *weights)
{
  in_ = in;
  out_ = out;
  width_in_ = whole_vectors(in, kernels_.width);
  width_out_ = whole_vectors(out, kernels_.width);
  forward_.reserve(static_cast<std::size_t>(in) * width_out_);
  backward_.reserve(static_cast<std::size_t>(out) * width_in_);
  pack_weights(weights, in, out, false, kernels_.width, width_out_, forward_.data());
  pack_weights(weights, in, out, true, kernels_.width, width_in_, backward_.data());
}

template <class T>
void Dense<T>::multiply(int rows, Strided<const T> x, int depth, const Buffer<T> &weights, int columns,
                        bool add, Strided<T> y) const
{
  MatrixSegment segment;
  segment.depth = depth;
  MatrixArguments<T> a;
  a.rows = rows;
  a.x = x.base;
  a.x_stride = x.stride;
  a.y = y.base;
  a.y_stride = y.stride;
  a.columns = columns;
  a.segments = 1;
  a.segment = &segment;
  a.weights = weights.data();
  a.add = add;
  kernels_.multiply(a);
}

template <class T>
void Dense<T>::forward(int rows, Strided<const T> x, const T *base, Strided<T> y) const
{
  if (has_bias_ || (base && base != y.base))
    kernels_.charged.add_bias(rows, width_out_, y.stride, base, has_bias_ ? bias_.data() : nullptr, y.base);
  multiply(rows, x, in_, forward_, width_out_, has_bias_ || base, y);
}

template <class T>
void Dense<T>::backward(int rows, Strided<const T> dy, const T *base, Strided<T> dx) const
{
  if (base && base != dx.base) kernels_.charged.add_bias(rows, width_in_, dx.stride, base, nullptr, dx.base);
  multiply(rows, dy, out_, backward_, width_in_, base != nullptr, dx);
}

template <class T>
Swish<T>::Swish(const SwishShape &shape, const Kernels<T> &kernels) :
    kernels_(kernels), width_(whole_vectors(static_cast<int>(shape.slope.size()), kernels.width))
{
  fill_padded(shape.amplitude, kernels.width, amplitude_);
  fill_padded(shape.slope, kernels.width, slope_);
}

template <class T>
void Swish<T>::forward(int rows, const T *x, T *y) const
{
  kernels_.charged.swish(rows, width_, x, amplitude_.data(), slope_.data(), y);
}

template <class T>
void Swish<T>::backward(int rows, const T *x, const T *dy, const T *base, T *dx) const
{
  kernels_.charged.swish_backward(rows, width_, x, amplitude_.data(), slope_.data(), dy, base, dx);
}

template <class T>
ResidualStack<T>::ResidualStack(const std::vector<ResidualShape> &shape, int width,
                                const Kernels<T> &kernels) : size_(width * BLOCK)
{
  for (const auto &s : shape)
    blocks_.push_back({Swish<T>(s.first, kernels), Swish<T>(s.second, kernels), Dense<T>(s.inner, kernels),
                       Dense<T>(s.outer, kernels)});
}

template <class T>
const T *ResidualStack<T>::result(const T *x, const T *slots) const
{
  return blocks_.empty() ? x : slots + (2 * blocks_.size() - 1) * size_;
}

template <class T>
void ResidualStack<T>::forward(int rows, const T *x, T *slots, T *scratch) const
{
  const int width = size_ / BLOCK;
  for (const auto &b : blocks_) {
    T *hidden = slots, *y = slots + size_;
    b.first.forward(rows, x, scratch);
    b.inner.forward(rows, {scratch, width}, nullptr, {hidden, width});
    b.second.forward(rows, hidden, scratch);
    b.outer.forward(rows, {scratch, width}, x, {y, width});
    x = y;
    slots += 2 * size_;
  }
}

template <class T>
void ResidualStack<T>::backward(int rows, const T *x, const T *slots, T *d, T *scratch) const
{
  const int width = size_ / BLOCK;
  T *other = scratch + size_;
  for (std::size_t k = blocks_.size(); k-- > 0;) {
    const auto &b = blocks_[k];
    const T *hidden = slots + 2 * k * size_, *from = k ? hidden - size_ : x;
    b.outer.backward(rows, {d, width}, nullptr, {scratch, width});
    b.second.backward(rows, hidden, scratch, nullptr, scratch);
    b.inner.backward(rows, {scratch, width}, nullptr, {other, width});
    b.first.backward(rows, from, other, d, d);
  }
}

template <class T>
Readout<T>::Readout(const ReadoutShape &shape, int width, const Kernels<T> &kernels) :
    kernels_(kernels), width_(width), stack_(shape.residuals, width, kernels),
    activation_(shape.activation, kernels), linear_(shape.linear, kernels)
{
}

template <class T>
void Readout<T>::forward(int rows, const T *x, T *slots, const T *base, Strided<T> y, T *scratch) const
{
  stack_.forward(rows, x, slots, scratch);
  activation_.forward(rows, stack_.result(x, slots), scratch);
  linear_.forward(rows, {scratch, width_}, base, y);
}

template <class T>
void Readout<T>::backward(int rows, const T *x, const T *slots, Strided<const T> dy, const T *base, T *dx,
                          T *scratch) const
{
  T *d = scratch;
  linear_.backward(rows, dy, nullptr, {d, width_});
  activation_.backward(rows, stack_.result(x, slots), d, nullptr, d);
  stack_.backward(rows, x, slots, d, scratch + width_ * BLOCK);
  if (base)
    kernels_.charged.add(rows * width_, base, d, dx);
  else
    std::copy_n(d, static_cast<std::size_t>(rows) * width_, dx);
}

template class Dense<float>;
template class Dense<double>;
template class Swish<float>;
template class Swish<double>;
template class ResidualStack<float>;
template class ResidualStack<double>;
template class Readout<float>;
template class Readout<double>;

}    // namespace natrolite::native::charged
