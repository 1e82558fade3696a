// SPDX-License-Identifier: GPL-2.0-only
#include "nequip_torchscript.h"

#include "edge_model.h"
#include "nequip_metadata.h"
#include "receptive_field.h"
#include "torch_tools.h"

#include <algorithm>
#include <stdexcept>

namespace natrolite {
namespace {

  /// The part of a file that computes energies from edge vectors, without those around it that
  /// differentiate and rescale, and what the latter do: energy = scale * its energy + shift, and a
  /// constant on the total energy, which belongs to no atom.
  struct EnergyPart {
    torch::jit::Module module;
    at::ScalarType edge_type = at::kDouble;
    double scale = 1.0, shift = 0.0, total_shift = 0.0;
  };

  class NequipModel : public EdgeModel {
  public:
    NequipModel(const LoadOptions &options, FileKind kind);

  private:
    void describe_compiled(const LoadOptions &options);
    void describe_deployed(const LoadOptions &options);
    Outputs forward(const Graph &graph, const Inputs &inputs) override;

    EnergyPart part_;
  };

  // files of nequip-compile, nequip 0.7 and later

  torch::jit::Module child(const torch::jit::Module &module, const char *name)
  {
    if (!module.hasattr(name) || !module.attr(name).isModule())
      throw std::runtime_error(std::string("this NequIP file is not built as nequip 0.7 and later do "
                                           "(no '") +
                               name + "'): export the original model with 'natrolite export'");
    return module.attr(name).toModule();
  }

  void NequipModel::describe_compiled(const LoadOptions &options)
  {
    part_.module = child(child(part_.module, "model"), "func");
    const int layers = count_modules(part_.module, "InteractionBlock");
    const bool allegro = count_modules(part_.module, "Allegro_Module") > 0;
    if (layers == 0 && !allegro)
      throw std::runtime_error("this file is neither a NequIP nor an Allegro model: export the "
                               "original model with 'natrolite export'");
    metadata_ =
        nequip_metadata(options, allegro ? "allegro" : "nequip", layers + allegro, extra_texts(options));
  }

  // files of nequip-deploy, nequip 0.5 and 0.6

  std::string class_of(const torch::jit::Module &module)
  {
    return module.type()->name()->name();
  }

  [[noreturn]] void refuse_structure(const std::string &why)
  {
    throw std::runtime_error("this NequIP or Allegro file is not built as nequip-deploy of nequip "
                             "0.5 and 0.6 does (" +
                             why + "): deploy the trained model again with one of these");
  }

  bool names(const c10::IValue &keys, const char *wanted)
  {
    const auto list = keys.toListRef();
    return std::any_of(list.begin(), list.end(),
                       [&](const c10::IValue &key) { return key.toStringRef() == wanted; });
  }

  double number(const torch::jit::Module &module, const char *name)
  {
    return module.attr(name).toTensor().item<double>();
  }

  /// One more rescaling, inside of those so far.
  void add_rescaling(EnergyPart &part, const torch::jit::Module &rescale)
  {
    if (rescale.attr("has_shift").toBool()) {
      const double shift = part.scale * number(rescale, "shift_by");
      if (names(rescale.attr("shift_keys"), "atomic_energy")) part.shift += shift;
      if (names(rescale.attr("shift_keys"), "total_energy")) part.total_shift += shift;
    }
    if (rescale.attr("has_scale").toBool() && names(rescale.attr("scale_keys"), "atomic_energy"))
      part.scale *= number(rescale, "scale_by");
  }

  /// The modules that may be around the energy model, from the outermost: GraphModel casts the
  /// inputs, RescaleOutput rescales outputs, the other two differentiate.
  EnergyPart energy_part(torch::jit::Module module)
  {
    EnergyPart part;
    if (!module.hasattr("training")) refuse_structure("it is frozen, as by nequip before 0.5");
    while (class_of(module) != "SequentialGraphNetwork") {
      const std::string name = class_of(module);
      if (name == "RescaleOutput") add_rescaling(part, module);
      if (name == "GraphModel" || name == "RescaleOutput")
        module = module.attr("model").toModule();
      else if (name == "GradientOutput" || name == "StressOutput")
        module = module.attr("func").toModule();
      else
        refuse_structure("it has an unknown part '" + name + "'");
    }
    part.edge_type = weight_type(module);
    part.module = module;
    return part;
  }

  void NequipModel::describe_deployed(const LoadOptions &options)
  {
    part_ = energy_part(part_.module);
    const NequipText file = extra_texts(options);
    const auto text = [&](const std::string &key) {    // nequip 0.5 does not say its one type
      const std::string found = file(key);
      if (key != "model_dtype" || !found.empty()) return found;
      return std::string(part_.edge_type == at::kDouble ? "float64" : "float32");
    };
    const std::string family = count_modules(part_.module, "Allegro_Module") ? "allegro" : "nequip";
    metadata_ = nequip_metadata(options, family, 1, text);
    const int seen = count_layers(*this);
    const int layers = std::max(seen, count_modules(part_.module, "InteractionBlock"));
    metadata_ = nequip_metadata(options, family, layers, text);
    metadata_.created_by = "nequip-deploy";
    if (part_.total_shift != 0.0)
      metadata_.created_by +=
          " (its constant of " + std::to_string(part_.total_shift) + " eV on the total energy is left out)";
    if (text("n_species") != std::to_string(metadata_.type_names.size()))
      refuse_structure("its 'n_species' is '" + text("n_species") + "', but it names " +
                       std::to_string(metadata_.type_names.size()) + " types");
  }

  // both

  NequipModel::NequipModel(const LoadOptions &options, FileKind kind) : EdgeModel(options)
  {
    part_.module = load_module(options, device_);
    freeze_weights(part_.module);
    if (kind == FileKind::nequip_deployed)
      describe_deployed(options);
    else
      describe_compiled(options);
  }

  EdgeModel::Outputs NequipModel::forward(const Graph &graph, const Inputs &inputs)
  {
    at::Tensor vec = inputs.edge_vec.to(part_.edge_type);
    at::Tensor index = inputs.edge_index, types = inputs.types;
    if (graph.nedges == 0) {    // older code cannot do without: two atoms more, far from all others
      vec = at::full({1, 3}, 0.25 * metadata_.r_max, vec.options().requires_grad(false));
      index = at::arange(graph.nall, graph.nall + 2, index.options()).view({2, 1});
      types = at::cat({types, at::zeros({2}, types.options())});
    }
    c10::Dict<std::string, at::Tensor> in;
    // only the number of its rows and its type are read
    in.insert("pos", at::zeros({types.size(0), 3}, vec.options().requires_grad(false)));
    in.insert("atom_types", types);
    in.insert("edge_index", index);
    in.insert("edge_vectors", vec);
    const auto out = part_.module.forward({in}).toGenericDict();
    const at::Tensor energy = out.at("atomic_energy").toTensor().view({-1}).to(at::kDouble);
    return {{"atomic_energy", energy.narrow(0, 0, graph.nall) * part_.scale + part_.shift}};
  }

}    // namespace

std::unique_ptr<Model> load_nequip_torchscript(const LoadOptions &options, FileKind kind)
{
  return std::make_unique<NequipModel>(options, kind);
}

}    // namespace natrolite
