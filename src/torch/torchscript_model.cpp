// SPDX-License-Identifier: GPL-2.0-only
#include "torchscript_model.h"

#include "edge_model.h"
#include "file_kind.h"
#include "torch_tools.h"

namespace natrolite {
namespace {

  class TorchScriptModel : public EdgeModel {
  public:
    explicit TorchScriptModel(const LoadOptions &options);

  private:
    Outputs forward(const Graph &graph, const Inputs &inputs) override;

    torch::jit::Module module_;
  };

  TorchScriptModel::TorchScriptModel(const LoadOptions &options) : EdgeModel(options)
  {
    metadata_ = parse_metadata(read_extra_file(options.bytes, options.nbytes, "natrolite.json"));
    module_ = load_module(options, device_);
    freeze_weights(module_);
  }

  EdgeModel::Outputs TorchScriptModel::forward(const Graph &graph, const Inputs &inputs)
  {
    c10::Dict<std::string, at::Tensor> in;
    in.insert("edge_vec", inputs.edge_vec);
    in.insert("edge_index", inputs.edge_index);
    in.insert("types", inputs.types);
    in.insert("types_local", inputs.types.narrow(0, 0, graph.nlocal));
    const auto scalar = at::TensorOptions().dtype(at::kDouble).device(device_);
    if (metadata_.needs_total_charge) in.insert("total_charge", at::full({1}, graph.total_charge, scalar));
    if (metadata_.needs_total_spin) in.insert("total_spin", at::full({1}, graph.total_spin, scalar));
    Outputs out;
    const auto result = module_.forward({in}).toGenericDict();
    for (const auto &item : result) out[item.key().toStringRef()] = item.value().toTensor();
    return out;
  }

}    // namespace

std::unique_ptr<Model> load_torchscript(const LoadOptions &options)
{
  return std::make_unique<TorchScriptModel>(options);
}

}    // namespace natrolite
