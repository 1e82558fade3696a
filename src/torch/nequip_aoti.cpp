// SPDX-License-Identifier: GPL-2.0-only
#include "nequip_aoti.h"

#include "border.h"
#include "cuda_stream.h"
#include "foreign_metadata.h"
#include "model/cutoffs.h"
#include "nequip_metadata.h"
#include "runtime.h"
#include "torch_tools.h"

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/torch.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <unistd.h>

namespace natrolite {
namespace {

  using torch::inductor::AOTIModelPackageLoader;
  using Texts = std::unordered_map<std::string, std::string>;

  constexpr auto EXPORT_ORIGINAL = ": export the original model with 'natrolite export FILE -o MODEL.pt'";

  /// The file's bytes in a file of our own: LibTorch loads packages from the disk only.
  class TemporaryFile {
  public:
    explicit TemporaryFile(const LoadOptions &options)
    {
      std::string path =
          std::filesystem::temp_directory_path() /
          ("natrolite-" + std::string(6, 'X') + ".pt2");    // mkstemps fills in the six letters
      const int handle = mkstemps(path.data(), 4);
      if (handle >= 0) {
        close(handle);
        path_ = path;
        std::ofstream(path, std::ios::binary)
            .write(options.bytes, static_cast<std::streamsize>(options.nbytes));
      }
      std::error_code failed;
      if (handle < 0 || std::filesystem::file_size(path, failed) != options.nbytes || failed) {
        remove();
        throw std::runtime_error("a copy of it cannot be written to " + path +
                                 ": set TMPDIR to a folder with room");
      }
    }
    ~TemporaryFile() { remove(); }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    const std::string &path() const { return path_; }

  private:
    void remove()
    {
      std::error_code ignored;
      if (!path_.empty()) std::filesystem::remove(path_, ignored);
    }
    std::string path_;
  };

  std::string text_of(const Texts &texts, const std::string &key)
  {
    const auto found = texts.find(key);
    return found == texts.end() ? std::string() : found->second;
  }

  /// A compiled file runs on the kind of device that it was compiled for.
  LoadOptions on_its_device(LoadOptions options, const Texts &texts)
  {
    const std::string device = text_of(texts, "AOTI_DEVICE_KEY");
    if (device != "cpu" && device != "cuda")
      throw std::runtime_error("it was compiled for the device '" + device + "'" + EXPORT_ORIGINAL);
    const Device own = device == "cpu" ? Device::cpu : Device::cuda;
    if (options.device != Device::automatic && options.device != own)
      throw std::runtime_error("it was compiled for the device " + device +
                               " and runs on no other: compile it again, or use device auto");
    options.device = own;
    return options;
  }

  Texts read_texts(const TemporaryFile &file)
  {
    const Texts texts = AOTIModelPackageLoader::load_metadata_from_package(file.path(), "model");
    if (text_of(texts, "type_names").empty())
      throw std::runtime_error("it is an AOTInductor package but no NequIP or Allegro file: export the "
                               "original model with 'natrolite export FILE -o MODEL.pt'");
    if (text_of(texts, "nequip_aoti_inputs").empty())
      throw std::runtime_error("it does not name its inputs, as nequip before 0.17 did not: compile it "
                               "again, or export the original model with 'natrolite export'");
    if (const auto libraries = text_of(texts, "nequip_custom_ops_libs"); !libraries.empty())
      throw std::runtime_error("it needs the Python package " + libraries +
                               ": compile it without that acceleration");
    return texts;
  }

  class NequipAotiModel : public Model {
  public:
    NequipAotiModel(const LoadOptions &options, const TemporaryFile &file, const Texts &texts);
    const Metadata &metadata() const override { return metadata_; }
    void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result) override;
    bool self_test() override { return false; }
    std::string device() const override { return describe(device_); }

  private:
    using Tensors = std::map<std::string, at::Tensor>;

    Tensors with_private_neighbors(const Graph &graph) const;
    Tensors with_cell_shifts(const Graph &graph) const;
    Tensors run(const Tensors &inputs, c10::Device memory);
    at::Tensor edges_with_far_pair(const Graph &graph) const;
    bool passes_messages();

    c10::Device device_;
    Metadata metadata_;
    std::vector<std::string> inputs_, outputs_;
    bool private_neighbors_;
    AOTIModelPackageLoader loader_;
    at::Tensor energy_, forces_, virial_;    // what the last Evaluation points to
  };

  NequipAotiModel::NequipAotiModel(const LoadOptions &options, const TemporaryFile &file,
                                   const Texts &texts) :
      device_(prepare_runtime(options)), inputs_(words(text_of(texts, "nequip_aoti_inputs"))),
      outputs_(words(text_of(texts, "nequip_aoti_outputs"))),
      private_neighbors_(inputs_ == std::vector<std::string>{"pos", "edge_index", "atom_types"}),
      loader_(file.path(), "model", false, 1, device_.is_cuda() ? device_.index() : -1)
  {
    const std::vector<std::string> periodic{"pos", "edge_index", "atom_types", "cell", "edge_cell_shift"};
    if (!private_neighbors_ && inputs_ != periodic)
      throw std::runtime_error("it was compiled for the inputs '" + text_of(texts, "nequip_aoti_inputs") +
                               "': compile it with --target pair_nequip, pair_allegro or ase");
    metadata_ = nequip_metadata(options, private_neighbors_ ? "allegro" : "nequip", 1,
                                [&](const std::string &key) { return text_of(texts, key); });
    if (private_neighbors_ && passes_messages())
      throw std::runtime_error("it passes messages between atoms but was compiled with --target "
                               "pair_allegro: compile it with --target pair_nequip, or export the "
                               "original model with 'natrolite export'");
    if (private_neighbors_) return;
    metadata_.one_rank = true;    // and nobody knows whether it is strictly local
    metadata_.strictly_local = false;
    metadata_.num_layers = 0;
  }

  /// Does an atom's energy change with the edges of its neighbor, in a chain of three?
  bool NequipAotiModel::passes_messages()
  {
    const c10::InferenceMode guard;
    const auto integer = at::TensorOptions().dtype(at::kLong).device(device_);
    const auto real = integer.dtype(at::kDouble);
    const double r = 0.7 * std::sqrt(cutoffs_of(metadata_).squared(0, 0));
    const at::Tensor pos = r * at::tensor({0.0, 0.0, 0.0, 1.0, 0.2, 0.1, 2.0, -0.1, 0.3}, real).view({3, 3});
    const at::Tensor edges = at::tensor({0, 1, 1, 2, 1, 0, 2, 1}, integer).view({2, 4});
    const auto first_energy = [&](const at::Tensor &index) {
      const Tensors out =
          run({{"pos", pos}, {"atom_types", at::zeros({3}, integer)}, {"edge_index", index}}, at::kCPU);
      return out.at("atomic_energy").view({-1})[0].item<double>();
    };
    const double without = first_energy(edges.narrow(1, 0, 2)), with = first_energy(edges);
    return std::fabs(with - without) > 2e-6 * (1.0 + std::fabs(with));
  }

  /// [nedges + 2, 3]: the edges, then those of a pair that is too far apart to interact. The code
  /// was compiled for two and more nodes and edges; the pair makes any graph one of that kind.
  at::Tensor NequipAotiModel::edges_with_far_pair(const Graph &g) const
  {
    const at::Tensor vec = view(g.edge_vec, {g.nedges, 3}, at::kDouble, device_, memory_of(g, device_));
    at::Tensor pair = at::zeros({2, 3}, vec.options());
    pair.select(1, 0).fill_(2.0 * metadata_.list_cutoff);
    return at::cat({vec, pair});
  }

  /// Positions in which every edge ends at a node of its own: the force on that node is then
  /// -dE/d(edge_vec). Right for strictly local models only, which is all that have these inputs.
  /// Nodes: local atoms at the origin, the far pair's center, the ends of edges.
  NequipAotiModel::Tensors NequipAotiModel::with_private_neighbors(const Graph &g) const
  {
    const at::Tensor vec = edges_with_far_pair(g);
    const at::Tensor index = view(g.edge_index, {2, g.nedges}, at::kLong, device_, memory_of(g, device_));
    const at::Tensor types = view(g.types, {g.nall}, at::kLong, device_, memory_of(g, device_));
    const at::Tensor one = at::zeros({1}, index.options()), two = at::zeros({2}, index.options());
    const at::Tensor center = at::cat({index[0], two + g.nlocal});
    const at::Tensor end = at::arange(g.nlocal + 1, g.nlocal + 1 + vec.size(0), index.options());
    return {
        {"pos", at::cat({at::zeros({g.nlocal + 1, 3}, vec.options()), vec})},
        {"atom_types", at::cat({types.narrow(0, 0, g.nlocal), one, types.index_select(0, index[1]), two})},
        {"edge_index", at::stack({center, end})},
    };
  }

  /// Edge vector = x_j - x_i + shift . cell: with all atoms at 0 and a unit cell it is the shift.
  NequipAotiModel::Tensors NequipAotiModel::with_cell_shifts(const Graph &g) const
  {
    const at::Tensor vec = edges_with_far_pair(g);
    const at::Tensor index = view(g.edge_index, {2, g.nedges}, at::kLong, device_, memory_of(g, device_));
    const at::Tensor types = view(g.types, {g.nall}, at::kLong, device_, memory_of(g, device_));
    const at::Tensor pair = at::arange(g.nall, g.nall + 2, index.options());
    return {
        {"pos", at::zeros({g.nall + 2, 3}, vec.options())},
        {"atom_types", at::cat({types, at::zeros({2}, types.options())})},
        {"edge_index", at::cat({index, at::stack({pair, pair.flip(0)})}, 1)},
        {"cell", at::eye(3, vec.options()).view({1, 3, 3})},
        {"edge_cell_shift", vec},
    };
  }

  NequipAotiModel::Tensors NequipAotiModel::run(const Tensors &inputs, c10::Device memory)
  {
    std::vector<at::Tensor> given;
    for (const std::string &name : inputs_) given.push_back(inputs.at(name).contiguous());
    const std::vector<at::Tensor> got = loader_.run(given);
    if (got.size() != outputs_.size())
      throw std::runtime_error("it returns " + std::to_string(got.size()) + " values but names " +
                               std::to_string(outputs_.size()));
    Tensors out;
    for (std::size_t k = 0; k < got.size(); ++k) out[outputs_[k]] = as_doubles(got[k], memory);
    return out;
  }

  void NequipAotiModel::evaluate(const Graph &g, Exchange &, Evaluation &result)
  {
    const c10::InferenceMode guard;
    const StreamScope stream(g.on_device ? g.stream : nullptr, device_);
    const c10::Device memory = memory_of(g, device_);
    const Tensors out = run(private_neighbors_ ? with_private_neighbors(g) : with_cell_shifts(g), memory);
    energy_ = out.at("atomic_energy").view({-1});
    result = {};
    result.energy = energy_.data_ptr<double>();
    if (private_neighbors_) {
      forces_ = out.at("forces").narrow(0, g.nlocal + 1, g.nedges).neg().contiguous();
      if (g.nowned < g.nlocal) {    // an energy depends on its own edges only
        const at::Tensor center = view(g.edge_index, {g.nedges, 1}, at::kLong, memory, memory);
        forces_.masked_fill_(center.ge(g.nowned), 0.0);
      }
      result.edge_gradient = forces_.data_ptr<double>();
      return;
    }
    if (g.nowned != g.nall)
      throw std::runtime_error("it gives forces only, which needs all atoms on one rank");
    forces_ = out.at("forces");
    // of the unit cell, so the stress is the strain derivative
    virial_ = out.count("virial") ? out.at("virial") : out.at("stress").neg();
    result.row_forces = forces_.data_ptr<double>();
    result.virial = virial_.data_ptr<double>();
  }

}    // namespace

std::unique_ptr<Model> load_nequip_aoti(const LoadOptions &options)
{
  const TemporaryFile file(options);
  const Texts texts = read_texts(file);
  const LoadOptions own = on_its_device(options, texts);
  try {
    return std::make_unique<NequipAotiModel>(own, file, texts);
  } catch (const std::exception &e) {
    const std::string what = first_line(e);
    if (what.find("executable stack") == std::string::npos) throw;
    throw std::runtime_error(    // so are the libraries that AOTInductor makes
        "the C library (glibc 2.41 or newer) opens no compiled model that asks for an executable stack: "
        "start LAMMPS with the environment variable GLIBC_TUNABLES=glibc.rtld.execstack=2, or export "
        "the original model with 'natrolite export' (" +
        what + ")");
  }
}

}    // namespace natrolite
