// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// One module of a charged network on a block of atoms, in the parts between which neighbors or all
/// atoms take part.
#pragma once

#include "dense.h"

namespace natrolite::native::charged {

/// x' = post(x + near + far), x = pre(x_in), on blocks of up to BLOCK rows.
///
/// near = mix(own(x) + s + <p1, p2> + <d1, d2>), sums over neighbors of messages; far = attention of all
/// atoms with positive random features phi: phi(q) S[:, :F] / phi(q) S[:, F], S = sum phi(k) [v, 1].
/// What the backward pass needs is kept in a slab by block; gradients replace what is not needed again.
template <class T>
class Module {
public:
  Module(const ModuleShape &shape, const Kernels<T> &kernels);
  int width() const { return width_; }    ///< of a row, P
  /// of a row with one column more
  int extended_width() const { return width_ + kernels_.width; }
  std::size_t slab_size() const { return slab_; }    ///< elements for a block
  static constexpr int SCRATCH = 24;                 ///< rows of width() by BLOCK

  /// \name Forward, in this order
  /// @{
  /// messages: [rows][3 P]
  void before(int rows, const T *x_in, T *slab, T *messages, T *scratch) const;
  /// largest projection of the keys of a block
  T highest_key(int rows, const T *slab, T *scratch) const;
  /// where it is; row = -1: in another block
  void find_key(int rows, const T *slab, T highest, int &row, int &channel) const;
  /// sum [P][extended_width] += count phi(k) [v, 1]; counts [rows] null = 1
  void add_keys(int rows, T *slab, T highest, const T *counts, double *sum, T *scratch) const;
  /// far, from the sum over all atoms
  void attend(int rows, const T *x_in, T *slab, const Dense<T> &sum, T *scratch) const;
  /// instead of these, for an atom that has them from its type
  void copy_row(T *slab, int row, const T *from, int from_row) const;
  /// near and the rest; sums [rows][9 P]; output [rows][P] += the module's output
  void after(int rows, T *slab, const T *sums, T *output, T *scratch) const;
  const T *result(const T *slab) const { return post_.result(slab + start_, slab + post_at_); }
  /// @}

  /// \name Backward, in this order
  /// @{
  /// d: gradient of the result (null = 0) -> dsums [rows][9 P]
  void after_backward(int rows, T *slab, const T *doutput, const T *d, T *dsums, T *scratch) const;
  /// dsum [P][extended_width] += gradient of S
  void attend_backward(int rows, T *slab, const Dense<T> &sum, double *dsum, T *scratch) const;
  /// dsum: of all atoms; returns the gradient of highest
  double keys_backward(int rows, T *slab, T highest, const Dense<T> &dsum, T *scratch) const;
  /// the atom whose key is the highest gets that gradient
  void highest_backward(int row, int channel, T *slab, double gradient) const;
  /// -> dx_in
  void before_backward(int rows, const T *x_in, T *slab, const T *dmessages, T *dx_in, T *scratch) const;
  /// @}

private:
  FeatureArguments<T> features(int rows, T *slab, bool query, T *highest) const;

  const Kernels<T> &kernels_;
  int features_, width_;
  ResidualStack<T> pre_, post_;
  Readout<T> own_, messages_[3], mix_, query_, key_, value_, readout_;
  Dense<T> pairs_[2], directions_;
  std::vector<double> omega_;    ///< [F][F], of directions_
  /// offsets in a slab
  std::size_t pre_at_, own_at_, message_at_[3], query_at_, key_at_, value_at_, mix_at_, post_at_, readout_at_;
  std::size_t total_, xq_, xk_, pq_, pk_, v_, pair_, mixed_, start_, half_q_, half_k_, highest_q_, slab_;
};

}    // namespace natrolite::native::charged
