// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "layer.h"

#include "native/description.h"

namespace natrolite::native {

/// Activations of scalars, and vectors times activations of their gates.
template <class T>
class Gate : public Layer<T> {
public:
  Gate(const Step &step, const Layout &in, const Layout &out, const Kernels<T> &kernels);
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;
  bool keeps_input() const override { return true; }
  bool in_place() const override { return true; }

private:
  std::vector<Step::Scalars> scalars_;
  std::vector<Step::Gated> gated_;
  Layout in_, out_;
  const Kernels<T> &kernels_;
  std::size_t widest_ = 0;
};

/// E += scale[type] x + shift[type]
template <class T>
class Energy : public Layer<T> {
public:
  Energy(const Step &step, const Layout &in);
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;

private:
  std::vector<double> scale_, shift_;
  Layout in_;
};

/// x / sqrt(epsilon + sum_b weight_b |x_b|^2), times a factor by channel
template <class T>
class Norm : public Layer<T> {
public:
  Norm(const Step &step, const Layout &in);
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;
  bool keeps_input() const override { return true; }
  bool in_place() const override { return true; }

private:
  Buffer<T> weight_, factor_;    ///< [width], by element
  Layout in_;
  T epsilon_;
};

}    // namespace natrolite::native
