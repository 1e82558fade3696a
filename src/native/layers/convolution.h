// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "layer.h"

#include "native/description.h"

namespace natrolite::native {

/// out[center] = sum over edges and paths of w(r) C(x[neighbor], Y). Messages are never stored.
/// The features of layer 0 are a table by type.
template <class T>
class Convolution : public Tabulated<T> {
public:
  Convolution(const Step &step, const Layout &in, const Layout &out, int lmax, const Kernels<T> &kernels);
  void set_table(int rows, const std::vector<double> &coefficients) override;
  int radial() const override { return radial_; }
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  /// dout: of the center's sums; din: this thread's sums for all rows (not used with a table)
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;
  bool reads_table() const { return table_.data() != nullptr; }
  bool keeps_input() const override { return !reads_table(); }
  double memory_bytes() const override;

private:
  struct Path {
    int l1 = 0, l2 = 0, l3 = 0;
    int in = 0, x_stride = 0, out = 0, out_stride = 0, vectors = 0;
    int channels = 0, weights = 0;    ///< columns of the radial function
    std::size_t table = 0;            ///< of the splines: [group][row][group's channels]
    std::vector<T> coupling;
  };
  void add_path(const Step::Path &path);
  const std::int64_t *find_rows(Workspace<T> &work, std::int64_t stride) const;
  int group_at(const Path &path, int vector) const;
  template <class F>
  void for_each_group(const Path &path, F &&f) const;
  template <class F>
  void for_each_batch(const Path &path, F &&f) const;
  PathArguments<T> arguments(const Workspace<T> &work, const Path &path, int vector) const;
  void set_edges(const Workspace<T> &work, const Path &path, std::int64_t row, PathArguments<T> &a) const;

  Layout in_, out_;
  int lmax_, rows_ = 0, radial_;
  const Kernels<T> &kernels_;
  std::vector<Path> paths_;
  Buffer<T> splines_, table_;    ///< table_: [types][width]
  int types_ = 0;
};

}    // namespace natrolite::native
