// SPDX-License-Identifier: GPL-2.0-only
#include "nequip_torchscript.h"

#include "edge_model.h"
#include "file_kind.h"
#include "nequip_metadata.h"
#include "torch_tools.h"

#include <stdexcept>

namespace natrolite {
namespace {

  class NequipModel : public EdgeModel {
   public:
    explicit NequipModel(const LoadOptions &options);

   private:
    Outputs forward(const Graph &graph, const Inputs &inputs) override;

    torch::jit::Module energy_model_;
  };

  torch::jit::Module child(const torch::jit::Module &module, const char *name)
  {
    if (!module.hasattr(name) || !module.attr(name).isModule())
      throw std::runtime_error(std::string("this NequIP file is not built as nequip 0.7 and later do "
                                           "(no '") +
                               name + "'): export the original model with 'natrolite export'");
    return module.attr(name).toModule();
  }

  /// modules of a class, which a packaged model renames in front and TorchScript at the end
  int count(const torch::jit::Module &module, const std::string &class_name)
  {
    int n = 0;
    for (const torch::jit::Module &part : module.modules())
      n += part.type()->name()->qualifiedName().find("." + class_name) != std::string::npos;
    return n;
  }

  NequipModel::NequipModel(const LoadOptions &options) : EdgeModel(options)
  {
    torch::jit::Module module = load_module(options, device_);
    freeze_weights(module);
    energy_model_ = child(child(module, "model"), "func");
    const int layers = count(energy_model_, "InteractionBlock");
    const bool allegro = count(energy_model_, "Allegro_Module") > 0;
    if (layers == 0 && !allegro)
      throw std::runtime_error("this file is neither a NequIP nor an Allegro model: export the "
                               "original model with 'natrolite export'");
    metadata_ = nequip_metadata(options, allegro ? "allegro" : "nequip", layers + allegro,
                                [&](const std::string &key) {
                                  if (!has_extra_file(options.bytes, options.nbytes, key))
                                    return std::string();
                                  return read_extra_file(options.bytes, options.nbytes, key);
                                });
    }

  EdgeModel::Outputs NequipModel::forward(const Graph &graph, const Inputs &inputs)
  {
    c10::Dict<std::string, at::Tensor> in;
    // only the number of its rows is read
    in.insert("pos", at::zeros({graph.nall, 3}, inputs.edge_vec.options().requires_grad(false)));
    in.insert("atom_types", inputs.types);
    in.insert("edge_index", inputs.edge_index);
    in.insert("edge_vectors", inputs.edge_vec);
    const auto out = energy_model_.forward({in}).toGenericDict();
    return {{"atomic_energy", out.at("atomic_energy").toTensor().view({-1}).to(at::kDouble)}};
  }

}    // namespace

std::unique_ptr<Model> load_nequip_torchscript(const LoadOptions &options)
{
  return std::make_unique<NequipModel>(options);
}

}    // namespace natrolite
