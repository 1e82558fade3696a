// SPDX-License-Identifier: GPL-2.0-only
#include "mace_model.h"

#include "edge_model.h"
#include "foreign_metadata.h"
#include "torch_tools.h"

#include "core/elements.h"

#include <c10/core/DefaultDtype.h>

#include <stdexcept>

namespace natrolite {
namespace {

  class MaceModel : public EdgeModel {
  public:
    explicit MaceModel(const LoadOptions &options);

  private:
    Outputs forward(const Graph &graph, const Inputs &inputs) override;

    torch::jit::Module module_, inner_;
    at::ScalarType type_ = at::kFloat;
  };

  // Torch's default type for as long as this lives. mace's ZBL multiplies integers with a number,
  // which torch computes in that type: mace's own calculator sets it to the model's.
  class DefaultType {
  public:
    explicit DefaultType(at::ScalarType type) { c10::set_default_dtype(c10::scalarTypeToTypeMeta(type)); }
    ~DefaultType() { c10::set_default_dtype(before_); }
    DefaultType(const DefaultType &) = delete;
    DefaultType &operator=(const DefaultType &) = delete;

  private:
    caffe2::TypeMeta before_ = c10::get_default_dtype();
  };

  at::Tensor buffer(const torch::jit::Module &module, const char *name)
  {
    if (!module.hasattr(name))
      throw std::runtime_error(std::string("this MACE file lacks '") + name +
                               "': export the original model with 'natrolite export'");
    return module.attr(name).toTensor();
  }

  MaceModel::MaceModel(const LoadOptions &options) : EdgeModel(options)
  {
    module_ = load_module(options, device_);
    freeze_weights(module_);
    inner_ = module_.attr("model").toModule();
    const at::Tensor cutoff = buffer(module_, "r_max");
    type_ = cutoff.scalar_type();
    const at::Tensor numbers = buffer(module_, "atomic_numbers").cpu();
    std::vector<std::string> names;
    const auto &symbols = element_symbols();
    for (std::int64_t k = 0; k < numbers.numel(); ++k) {
      const auto z = numbers[k].item<std::int64_t>();
      if (z < 1 || z > static_cast<std::int64_t>(symbols.size()))
        throw std::runtime_error("this MACE file names an unknown atomic number: " + std::to_string(z));
      names.push_back(symbols[z - 1]);
    }
    metadata_ = foreign_metadata(options, "mace", "mace_create_lammps_model", names, cutoff.item<double>(),
                                 buffer(module_, "num_interactions").item<int>(),
                                 type_ == at::kDouble ? "float64" : "float32");
  }

  EdgeModel::Outputs MaceModel::forward(const Graph &graph, const Inputs &inputs)
  {
    if (graph.nall == 0)    // MACE's contraction cannot do without an atom
      return {{"atomic_energy", at::zeros({0}, inputs.edge_vec.options().requires_grad(false))}};
    const auto real = at::TensorOptions().dtype(type_).device(device_);
    const auto integer = real.dtype(at::kLong);
    c10::Dict<std::string, at::Tensor> in;
    // MACE's edge vector is x_receiver - x_sender + shift, the receiver being the center
    in.insert("positions", at::zeros({graph.nall, 3}, real));
    in.insert("shifts", -inputs.edge_vec.to(type_));
    in.insert("edge_index", inputs.edge_index.flip(0));
    const auto ntypes = static_cast<std::int64_t>(metadata_.type_names.size());
    in.insert("node_attrs", at::one_hot(inputs.types, ntypes).to(type_));
    in.insert("cell", at::zeros({3, 3}, real));
    in.insert("batch", at::zeros({graph.nall}, integer));
    in.insert("ptr", at::arange(0, graph.nall + 1, graph.nall, integer));
    if (module_.hasattr("head")) in.insert("head", module_.attr("head").toTensor());
    const DefaultType type(type_);
    const auto out = inner_.get_method("forward")({in}, {{"compute_force", false}}).toGenericDict();
    return {{"atomic_energy", out.at("node_energy").toTensor().to(at::kDouble)}};
  }

}    // namespace

std::unique_ptr<Model> load_mace(const LoadOptions &options)
{
  return std::make_unique<MaceModel>(options);
}

}    // namespace natrolite
