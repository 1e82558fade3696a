// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "layer.h"
#include "monomials.h"

#include "native/description.h"

namespace natrolite::native {

/// Polynomials of the components of each channel, with coefficients by channel and type: MACE's
/// symmetric contraction with its weights and couplings multiplied out, once per type.
template <class T>
class Product : public Layer<T> {
public:
  Product(const Step &step, const Layout &in, const Layout &out, const Kernels<T> &kernels);
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;
  bool keeps_input() const override { return true; }
  bool in_place() const override { return true; }
  double memory_bytes() const override;
  void prepare_types(const std::int64_t *types, std::int64_t n) override;

private:
  std::size_t set_of(std::int64_t type) const { return coefficients_.size() == 1 ? 0 : type; }
  void multiply_out(std::size_t set);
  template <class F>
  void for_each_vector(Workspace<T> &work, const Operands<T> &rows, F &&run) const;

  Step step_;
  Layout in_, out_;
  const Kernels<T> &kernels_;
  Monomials monomials_;
  int vectors_ = 0;
  std::vector<Buffer<T>> coefficients_;    ///< [type][vector][entry][lane]
};

/// x / (alpha + beta by), with a scalar `by` of each atom
template <class T>
class Divide : public Layer<T> {
public:
  Divide(const Step &step, const Layout &in, const Layout &by);
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;
  bool keeps_input() const override { return true; }

private:
  T alpha_, beta_;
  int width_, by_width_;
};

/// Ziegler-Biersack-Littmark repulsion of each edge, on its center; the gradient comes with the energy
template <class T>
class Repulsion : public Layer<T> {
public:
  explicit Repulsion(const Step &step) : step_(step.repulsion) {}
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &, const Operands<T> &) const override {}

private:
  template <class F>
  void for_each_edge(const Workspace<T> &work, F &&f) const;
  Step::Repulsion step_;
};

}    // namespace natrolite::native
