// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What all evaluators through LibTorch's autograd share: edge vectors in, energies and their
/// gradient out. A kind of file adds its metadata and its forward pass.
#pragma once

#include "engine.h"
#include "runtime.h"

#include <torch/script.h>

#include <map>
#include <string>
#include <vector>

namespace natrolite {

class EdgeModel : public Model {
public:
  const Metadata &metadata() const override { return metadata_; }
  void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result) override;
  bool self_test() override;
  std::string device() const override { return describe(device_); }

protected:
  /// Prepares LibTorch; throws std::runtime_error if the device is not there.
  explicit EdgeModel(const LoadOptions &options);

  struct Inputs {
    at::Tensor edge_vec;      ///< f64 [nedges, 3], differentiable
    at::Tensor edge_index;    ///< i64 [2, nedges], center and neighbor
    at::Tensor types;         ///< i64 [nall]
  };
  using Outputs = std::map<std::string, at::Tensor>;
  /// At least "atomic_energy", f64 [>= nlocal] in eV; per-atom outputs have nlocal rows.
  virtual Outputs forward(const Graph &graph, const Inputs &inputs) = 0;

  c10::Device device_;
  Metadata metadata_;

private:
  at::Tensor differentiate(const Graph &graph, struct ExchangeContext &context, const at::Tensor &energy,
                           const at::Tensor &edge_vec) const;
  void collect(const Graph &graph, const Outputs &outputs, Evaluation &result);

  at::Tensor energy_, gradient_;    ///< what the last Evaluation points to
  std::vector<at::Tensor> peratom_;
};

}    // namespace natrolite
