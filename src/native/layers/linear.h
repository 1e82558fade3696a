// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "layer.h"

#include "native/description.h"

namespace natrolite::native {

/// out[b'][m] (+)= sum_b in[b][m] W[b, b'] (+ bias), the same for all m; W may depend on the type.
template <class T>
class Linear : public Layer<T> {
public:
  Linear(const Step &step, const Layout &in, const Layout &out, const Kernels<T> &kernels);
  void forward(Workspace<T> &work, const Operands<T> &rows) const override;
  void backward(Workspace<T> &work, const Operands<T> &rows) const override;
  double memory_bytes() const override;
  void prepare_types(const std::int64_t *types, std::int64_t n) override;

private:
  /// products that give one block: segments[m], one per map
  struct Product {
    int to = 0, columns = 0, stride = 0, components = 1;
    std::vector<std::vector<MatrixSegment>> segments;
    bool covered = true;    ///< false: no map reaches the block
  };
  struct Packed {
    Buffer<T> forward, backward;
  };
  void plan(const Layout &from, const Layout &to, bool transposed, std::vector<Product> &products);
  void pack(std::int64_t type, Packed &packed) const;
  void apply(Workspace<T> &work, const std::vector<Product> &products, bool transposed, Rows<T> x, Rows<T> y,
             bool add) const;

  Step step_;
  Layout in_, out_;
  const Kernels<T> &kernels_;
  bool typed_ = false;
  std::vector<Product> forward_, backward_;
  std::size_t packed_size_[2] = {0, 0};
  std::vector<Packed> packed_;    ///< one, or by type
};

}    // namespace natrolite::native
