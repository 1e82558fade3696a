// SPDX-License-Identifier: GPL-2.0-only
#include "edge_model.h"

#include "cuda_stream.h"
#include "exchange_context.h"
#include "model/self_test.h"
#include "torch_tools.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <stdexcept>

namespace natrolite {

EdgeModel::EdgeModel(const LoadOptions &options) : device_(prepare_runtime(options)) {}

bool EdgeModel::self_test()
{
  if (metadata_.reference.types.empty()) return false;
  run_self_test(*this);
  return true;
}

namespace {

  /// [nlocal] energies that the gradient is taken of
  at::Tensor energies_of(const Graph &graph, const std::map<std::string, at::Tensor> &outputs)
  {
    if (graph.member < 0) {
      const at::Tensor energy = outputs.at("atomic_energy");
      if (energy.dim() != 1 || energy.size(0) < graph.nlocal)
        throw std::runtime_error("the model's 'atomic_energy' has not one entry per local atom");
      return energy;
    }
    const at::Tensor energy = outputs.at("committee_energy");
    if (energy.dim() != 2 || energy.size(0) <= graph.member || energy.size(1) != graph.nlocal)
      throw std::runtime_error("the model's 'committee_energy' has not the shape [committee_size, "
                               "local atoms]");
    return energy[graph.member];
  }

}    // namespace

at::Tensor EdgeModel::differentiate(const Graph &graph, ExchangeContext &context, const at::Tensor &energy,
                                    const at::Tensor &edge_vec) const
{
  const at::Tensor owned = energy.narrow(0, 0, graph.nowned).sum();
  at::Tensor gradient;
  const auto backward = [&] {    // on a GPU on a thread of its own
    const StreamScope stream(graph.on_device ? graph.stream : nullptr, device_);
    if (owned.requires_grad())
      gradient = torch::autograd::grad({owned}, {edge_vec}, {}, false, false, true)[0];
  };
  if (device_.is_cuda())
    context.home.serve(backward);
  else
    backward();
  return gradient.defined() ? gradient : at::zeros_like(edge_vec);
}

void EdgeModel::collect(const Graph &graph, const Outputs &outputs, Evaluation &result)
{
  result.energy = energy_.data_ptr<double>();
  result.edge_gradient = gradient_.data_ptr<double>();
  result.peratom.clear();
  peratom_.clear();
  for (const auto &[name, t] : outputs) {
    const bool declared = std::count(metadata_.outputs.begin(), metadata_.outputs.end(), name) > 0;
    if (name == "atomic_energy" || name == "committee_energy" || !declared || t.dim() < 1 ||
        t.size(0) != graph.nlocal)
      continue;
    const auto width = c10::multiply_integers(t.sizes().slice(1));    // the same on empty ranks
    peratom_.push_back(as_doubles(t, memory_of(graph, device_)));
    result.peratom.push_back({name, width, peratom_.back().data_ptr<double>()});
  }
}

void EdgeModel::evaluate(const Graph &g, Exchange &exchange, Evaluation &result)
{
  ExchangeContext context;
  context.exchange = &exchange;
  context.nlocal = g.nlocal;
  context.nall = g.nall;
  const ExchangeScope scope(context);
  const StreamScope stream(g.on_device ? g.stream : nullptr, device_);
  const c10::Device memory = memory_of(g, device_);
  at::globalContext().setAllowTF32CuBLAS(metadata_.allow_tf32);    // of the whole process
  const Inputs inputs{
      view(g.edge_vec, {g.nedges, 3}, at::kDouble, device_, memory).requires_grad_(true),
      view(g.edge_index, {2, g.nedges}, at::kLong, device_, memory),
      view(g.types, {g.nall}, at::kLong, device_, memory),
  };
  const Outputs outputs = forward(g, inputs);
  const at::Tensor energy = energies_of(g, outputs);
  gradient_ = as_doubles(differentiate(g, context, energy, inputs.edge_vec), memory);
  energy_ = as_doubles(energy, memory);
  collect(g, outputs, result);
}

}    // namespace natrolite
