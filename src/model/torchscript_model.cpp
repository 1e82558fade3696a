// SPDX-License-Identifier: GPL-2.0-only
#include "torchscript_model.h"

#include "exchange_context.h"
#include "file_kind.h"
#include "runtime.h"
#include "self_test.h"

#include <caffe2/serialize/in_memory_adapter.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <stdexcept>

namespace natrolite {
namespace {

  class TorchScriptModel : public Model {
   public:
    TorchScriptModel(const LoadOptions &options);
    const Metadata &metadata() const override { return metadata_; }
    void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result) override;
    void self_test() override { run_self_test(*this); }
    std::string device() const override;

   private:
    using TensorDict = c10::Dict<std::string, at::Tensor>;

    TensorDict inputs(const Graph &graph);
    TensorDict forward(const TensorDict &inputs);
    void differentiate(const Graph &graph, ExchangeContext &context, const at::Tensor &energy,
                       const at::Tensor &edge_vec);
    void collect(const Graph &graph, const TensorDict &outputs, Evaluation &result);

    c10::Device device_;
    Metadata metadata_;
    torch::jit::Module module_;
    at::Tensor energy_, gradient_;     // what the last Evaluation points to
    std::vector<at::Tensor> peratom_;
  };

  torch::jit::Module load_module(const LoadOptions &options, c10::Device device)
  {
    try {
      return torch::jit::load(std::make_shared<caffe2::serialize::MemoryReadAdapter>(
                                  options.bytes, static_cast<off_t>(options.nbytes)),
                              device);
    } catch (const std::exception &e) {    // torch::jit::ErrorReport is no c10::Error
      throw std::runtime_error("LibTorch " TORCH_VERSION " cannot load it (" + first_line(e) +
                               "): export it again with this version of torch");
    }
  }

  TorchScriptModel::TorchScriptModel(const LoadOptions &options) :
      device_(prepare_runtime(options)),
      metadata_(parse_metadata(read_extra_file(options.bytes, options.nbytes, "natrolite.json"))),
      module_(load_module(options, device_))
  {
    at::globalContext().setAllowTF32CuBLAS(metadata_.allow_tf32);
    module_.eval();
    for (const at::Tensor &p : module_.parameters()) p.requires_grad_(false);
  }

  std::string TorchScriptModel::device() const
  {
    if (device_.is_cuda()) return device_.str();
    return "cpu, " + std::to_string(at::get_num_threads()) + " thread(s)";
  }

  at::Tensor view(const void *data, at::IntArrayRef shape, at::ScalarType type, c10::Device device)
  {
    const auto options = at::TensorOptions().dtype(type);
    if (c10::multiply_integers(shape) == 0) return at::empty(shape, options.device(device));
    return torch::from_blob(const_cast<void *>(data), shape, options).to(device);
  }

  TorchScriptModel::TensorDict TorchScriptModel::inputs(const Graph &g)
  {
    TensorDict in;
    const at::Tensor types = view(g.types, {g.nall}, at::kLong, device_);
    in.insert("edge_vec",
              view(g.edge_vec, {g.nedges, 3}, at::kDouble, device_).requires_grad_(true));
    in.insert("edge_index", view(g.edge_index, {2, g.nedges}, at::kLong, device_));
    in.insert("types", types);
    in.insert("types_local", types.narrow(0, 0, g.nlocal));
    const auto scalar = at::TensorOptions().dtype(at::kDouble).device(device_);
    if (metadata_.needs_total_charge)
      in.insert("total_charge", at::full({1}, g.total_charge, scalar));
    if (metadata_.needs_total_spin) in.insert("total_spin", at::full({1}, g.total_spin, scalar));
    return in;
  }

  TorchScriptModel::TensorDict TorchScriptModel::forward(const TensorDict &in)
  {
    TensorDict out;
    const auto result = module_.forward({in}).toGenericDict();
    for (const auto &item : result) out.insert(item.key().toStringRef(), item.value().toTensor());
    return out;
  }

  void TorchScriptModel::differentiate(const Graph &graph, ExchangeContext &context,
                                       const at::Tensor &energy, const at::Tensor &edge_vec)
  {
    const at::Tensor owned = energy.narrow(0, 0, graph.nowned).sum();
    at::Tensor gradient;
    const auto backward = [&] {
      if (owned.requires_grad())
        gradient = torch::autograd::grad({owned}, {edge_vec}, {}, false, false, true)[0];
    };
    if (device_.is_cuda())
      context.home.serve(backward);
    else
      backward();
    if (!gradient.defined()) gradient = at::zeros_like(edge_vec);
    gradient_ = gradient.to(at::kCPU).contiguous();
  }

  void TorchScriptModel::collect(const Graph &graph, const TensorDict &outputs, Evaluation &result)
  {
    result.energy = energy_.data_ptr<double>();
    result.edge_gradient = gradient_.data_ptr<double>();
    result.peratom.clear();
    peratom_.clear();
    for (const auto &item : outputs) {
      const at::Tensor &t = item.value();
      if (item.key() == "atomic_energy" || t.dim() < 1 || t.size(0) != graph.nlocal) continue;
      const at::Tensor host = t.detach().to(at::kCPU, at::kDouble).contiguous();
      const auto width = graph.nlocal ? host.numel() / graph.nlocal : 1;
      peratom_.push_back(host);
      result.peratom.push_back({item.key(), width, host.data_ptr<double>()});
    }
  }

  void TorchScriptModel::evaluate(const Graph &graph, Exchange &exchange, Evaluation &result)
  {
    try {
      ExchangeContext context;
      context.exchange = &exchange;
      context.nlocal = graph.nlocal;
      context.nall = graph.nall;
      const ExchangeScope scope(context);
      const TensorDict in = inputs(graph);
      const TensorDict out = forward(in);
      const at::Tensor energy = out.at("atomic_energy");
      if (energy.dim() != 1 || energy.size(0) != graph.nlocal)
        throw std::runtime_error("the model's 'atomic_energy' has not one entry per local atom");
      differentiate(graph, context, energy, in.at("edge_vec"));
      energy_ = energy.detach().to(at::kCPU, at::kDouble).contiguous();
      collect(graph, out, result);
    } catch (const std::exception &e) {
      throw std::runtime_error(first_line(e));
    }
  }

}    // namespace

std::unique_ptr<Model> load_torchscript(const LoadOptions &options)
{
  try {
    return std::make_unique<TorchScriptModel>(options);
  } catch (const std::exception &e) {
    throw std::runtime_error(first_line(e));
  }
}

}    // namespace natrolite
