// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Linear maps, learned swish and residual blocks on rows of atoms, forward and backward.
///
/// A part that needs values again in its backward pass keeps them in slots: rows of a block of atoms,
/// one slot after another.
#pragma once

#include "description.h"

#include "native/buffer.h"

#include <vector>

namespace natrolite::native::charged {

/// Atoms of a block: their rows stay in the cache from one map to the next.
inline constexpr int BLOCK = 48;

/// Some rows of one width; the next row is `stride` elements on.
template <class T>
struct Strided {
  T *base = nullptr;
  int stride = 0;
};

/// y = base + b + x W, and dx = base + dy W^T
template <class T>
class Dense {
public:
  explicit Dense(const Kernels<T> &kernels) : kernels_(kernels) {}
  Dense(const DenseShape &shape, const Kernels<T> &kernels);
  /// weights [in][out], out counted in whole vectors
  void assign(int in, int out, const double *weights);
  void set_bias(const std::vector<double> &bias);
  /// base: null = 0, or rows of y's stride; may be y's
  void forward(int rows, Strided<const T> x, const T *base, Strided<T> y) const;
  void backward(int rows, Strided<const T> dy, const T *base, Strided<T> dx) const;
  double memory_bytes() const { return forward_.bytes() + backward_.bytes(); }

private:
  void multiply(int rows, Strided<const T> x, int depth, const Buffer<T> &weights, int columns, bool add,
                Strided<T> y) const;

  const Kernels<T> &kernels_;
  int in_ = 0, out_ = 0, width_in_ = 0, width_out_ = 0;    ///< channels, and with padding
  bool has_bias_ = false;
  Buffer<T> forward_, backward_, bias_;
};

template <class T>
class Swish {
public:
  Swish(const SwishShape &shape, const Kernels<T> &kernels);
  void forward(int rows, const T *x, T *y) const;
  void backward(int rows, const T *x, const T *dy, const T *base, T *dx) const;

private:
  const Kernels<T> &kernels_;
  int width_;
  Buffer<T> amplitude_, slope_;
};

/// Residual blocks one after another. Slots: for each what its second activation reads, and its result.
template <class T>
class ResidualStack {
public:
  ResidualStack(const std::vector<ResidualShape> &shape, int width, const Kernels<T> &kernels);
  int slots() const { return 2 * static_cast<int>(blocks_.size()); }
  /// where the result is
  const T *result(const T *x, const T *slots) const;
  /// scratch: one slot
  void forward(int rows, const T *x, T *slots, T *scratch) const;
  /// d: gradient of the result in, of x out; scratch: two slots
  void backward(int rows, const T *x, const T *slots, T *d, T *scratch) const;

private:
  struct Block {
    Swish<T> first, second;
    Dense<T> inner, outer;
  };
  int size_;    ///< elements of a slot
  std::vector<Block> blocks_;
};

/// linear(swish(stack(x)))
template <class T>
class Readout {
public:
  Readout(const ReadoutShape &shape, int width, const Kernels<T> &kernels);
  int slots() const { return stack_.slots(); }
  void forward(int rows, const T *x, T *slots, const T *base, Strided<T> y, T *scratch) const;
  /// dx = base + gradient of x (base null = 0, may be dx); scratch: three slots
  void backward(int rows, const T *x, const T *slots, Strided<const T> dy, const T *base, T *dx,
                T *scratch) const;

private:
  const Kernels<T> &kernels_;
  int width_;
  ResidualStack<T> stack_;
  Swish<T> activation_;
  Dense<T> linear_;
};

}    // namespace natrolite::native::charged
