// SPDX-License-Identifier: GPL-2.0-only
#include "gate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace natrolite::native {

template <class T>
Gate<T>::Gate(const Step &step, const Layout &in, const Layout &out, const Kernels<T> &kernels) :
    scalars_(step.scalars), gated_(step.gated), in_(in), out_(out), kernels_(kernels)
{
  for (const auto &block : in.blocks) widest_ = std::max<std::size_t>(widest_, block.padded);
}

template <class T>
void Gate<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  work.scratch.reserve(2 * widest_);
  T *gate = work.scratch.data();
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const T *x = rows.in[row];
    T *y = rows.out[row];
    for (const auto &s : scalars_)
      kernels_.activate(s.activation.kind, static_cast<T>(s.activation.factor), in_.blocks[s.in].padded,
                        x + in_.blocks[s.in].offset, y + out_.blocks[s.out].offset);
    for (const auto &g : gated_) {
      const auto &block = in_.blocks[g.in];
      kernels_.activate(g.activation.kind, static_cast<T>(g.activation.factor), block.padded,
                        x + in_.blocks[g.gate].offset, gate);
      kernels_.gate(block.padded, block.components(), gate, x + block.offset, y + out_.blocks[g.out].offset);
    }
  }
}

template <class T>
void Gate<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  work.scratch.reserve(2 * widest_);
  T *gate = work.scratch.data(), *dgate = gate + widest_;
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const T *x = rows.in[row], *dy = rows.dout[row];
    T *dx = rows.din[row];
    for (const auto &g : gated_) {
      const auto &block = in_.blocks[g.in], &by = in_.blocks[g.gate];
      const T factor = static_cast<T>(g.activation.factor);
      kernels_.activate(g.activation.kind, factor, block.padded, x + by.offset, gate);
      kernels_.gate_backward(block.padded, block.components(), gate, x + block.offset,
                             dy + out_.blocks[g.out].offset, dgate, dx + block.offset);
      kernels_.activate_backward(g.activation.kind, factor, block.padded, x + by.offset, dgate,
                                 dx + by.offset);
    }
    for (const auto &s : scalars_)
      kernels_.activate_backward(s.activation.kind, static_cast<T>(s.activation.factor),
                                 in_.blocks[s.in].padded, x + in_.blocks[s.in].offset,
                                 dy + out_.blocks[s.out].offset, dx + in_.blocks[s.in].offset);
  }
}

template <class T>
Energy<T>::Energy(const Step &step, const Layout &in) : scale_(step.scale), shift_(step.shift), in_(in)
{
}

template <class T>
void Energy<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const auto type = work.graph->types[row];
    work.energy[row] += scale_[type] * static_cast<double>(rows.in[row][0]) + shift_[type];
  }
}

template <class T>
void Energy<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    T *d = rows.din[row];
    if (!rows.add_gradient) std::fill_n(d, in_.width, T(0));
    if (row < work.graph->nowned) d[0] += static_cast<T>(scale_[work.graph->types[row]]);
  }
}

template <class T>
Norm<T>::Norm(const Step &step, const Layout &in) : in_(in), epsilon_(static_cast<T>(step.epsilon))
{
  if (!(epsilon_ > T(0))) throw std::runtime_error("network description: epsilon is too small");
  weight_.reserve(in.width);
  factor_.reserve(in.width);
  std::fill_n(weight_.data(), in.width, T(0));
  std::fill_n(factor_.data(), in.width, T(0));
  for (std::size_t b = 0; b < in.blocks.size(); ++b) {
    const auto &block = in.blocks[b];
    for (int m = 0; m < block.components(); ++m)
      for (int c = 0; c < block.channels; ++c) {
        const int at = block.offset + m * block.padded + c;
        weight_.data()[at] = static_cast<T>(step.norm_weights[b]);
        factor_.data()[at] = static_cast<T>(step.norm_factors[b].values[c]);
      }
  }
}

template <class T>
void Norm<T>::forward(Workspace<T> &work, const Operands<T> &rows) const
{
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const T *x = rows.in[row];
    T *y = rows.out[row], sum = epsilon_;
    for (int k = 0; k < in_.width; ++k) sum += weight_.data()[k] * x[k] * x[k];
    const T inverse = T(1) / std::sqrt(sum);
    for (int k = 0; k < in_.width; ++k) y[k] = factor_.data()[k] * inverse * x[k];
  }
}

template <class T>
void Norm<T>::backward(Workspace<T> &work, const Operands<T> &rows) const
{
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const T *x = rows.in[row], *dy = rows.dout[row];
    T *dx = rows.din[row], sum = epsilon_, along = T(0);
    for (int k = 0; k < in_.width; ++k) {
      sum += weight_.data()[k] * x[k] * x[k];
      along += factor_.data()[k] * dy[k] * x[k];
    }
    const T inverse = T(1) / std::sqrt(sum), back = along * inverse * inverse * inverse;
    for (int k = 0; k < in_.width; ++k)
      dx[k] = factor_.data()[k] * inverse * dy[k] - back * weight_.data()[k] * x[k];
  }
}

template class Gate<float>;
template class Gate<double>;
template class Energy<float>;
template class Energy<double>;
template class Norm<float>;
template class Norm<double>;

}    // namespace natrolite::native
