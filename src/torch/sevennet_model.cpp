// SPDX-License-Identifier: GPL-2.0-only
#include "sevennet_model.h"

#include "edge_model.h"
#include "file_kind.h"
#include "foreign_metadata.h"
#include "receptive_field.h"
#include "torch_tools.h"

#include <stdexcept>

namespace natrolite {
namespace {

  class SevenNetModel : public EdgeModel {
  public:
    explicit SevenNetModel(const LoadOptions &options);

  private:
    Outputs forward(const Graph &graph, const Inputs &inputs) override;

    torch::jit::Module module_;
    at::ScalarType type_ = at::kFloat;
    bool from_positions_ = false;    ///< before sevenn 0.12.2 the file computed edges itself
  };

  double number(const std::string &key, const std::string &text)
  {
    try {
      return std::stod(text);
    } catch (const std::exception &) {
      throw std::runtime_error("its extra file '" + key + "' is no number: '" + text + "'");
    }
  }

  SevenNetModel::SevenNetModel(const LoadOptions &options) : EdgeModel(options)
  {
    const auto extra = [&](const std::string &key) {
      return read_extra_file(options.bytes, options.nbytes, key);
    };
    if (has_extra_file(options.bytes, options.nbytes, "flashTP") && extra("flashTP") == "yes")
      throw std::runtime_error("this SevenNet file needs FlashTP: deploy it without, or export its "
                               "checkpoint with 'natrolite export CHECKPOINT -o MODEL.pt'");
    if (has_extra_file(options.bytes, options.nbytes, "oeq") && extra("oeq") == "yes")
      throw std::runtime_error("this SevenNet file needs OpenEquivariance: deploy it without, or "
                               "export its checkpoint with 'natrolite export CHECKPOINT -o MODEL.pt'");
    const bool is_double = extra("dtype") == "double";
    type_ = is_double ? at::kDouble : at::kFloat;
    module_ = load_module(options, device_);
    module_.eval();
    from_positions_ =
        module_.get_method("forward").graph()->toString().find("\"pbc_shift\"") != std::string::npos;
    if (from_positions_) remove_inner_gradients(module_);
    const double cutoff = number("cutoff", extra("cutoff"));
    const auto metadata = [&](int layers) {
      return foreign_metadata(options, "sevennet", "sevenn " + extra("version"),
                              words(extra("chemical_symbols_to_index")), cutoff, layers,
                              is_double ? "float64" : "float32");
    };
    metadata_ = metadata(1);
    metadata_ = metadata(count_layers(*this));
  }

  EdgeModel::Outputs SevenNetModel::forward(const Graph &graph, const Inputs &inputs)
  {
    c10::Dict<std::string, at::Tensor> in;
    in.insert("x", inputs.types);
    in.insert("edge_index", inputs.edge_index);
    in.insert("num_atoms", at::full({1}, graph.nall, inputs.types.options()));
    const at::Tensor vec = inputs.edge_vec.to(type_);
    if (from_positions_) {
      // edge vector = x_j - x_i + shift . cell: with all atoms at 0 and a unit cell it is the shift
      const auto options = vec.options().requires_grad(false);
      in.insert("pos", at::zeros({graph.nall, 3}, options));
      in.insert("cell_lattice_vectors", at::eye(3, options));
      in.insert("cell_volume", at::ones({}, options));
      in.insert("pbc_shift", vec);
    } else {
      in.insert("edge_vec", vec);
      in.insert("nlocal", at::full({1}, graph.nall, at::kLong));
    }
    const auto out = module_.forward({in}).toGenericDict();
    return {{"atomic_energy", out.at("atomic_energy").toTensor().view({-1}).to(at::kDouble)}};
  }

}    // namespace

std::unique_ptr<Model> load_sevennet(const LoadOptions &options)
{
  return std::make_unique<SevenNetModel>(options);
}

}    // namespace natrolite
