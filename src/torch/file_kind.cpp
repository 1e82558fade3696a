// SPDX-License-Identifier: GPL-2.0-only
#include "file_kind.h"

#include "model/archive.h"

#include <caffe2/serialize/in_memory_adapter.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace natrolite {
namespace {

  using caffe2::serialize::PyTorchStreamReader;

  [[noreturn]] void refuse(const std::string &what)
  {
    throw std::runtime_error(what);
  }

  constexpr auto EXPORT_HINT = ": convert it with 'natrolite export FILE -o MODEL.pt'";

  bool contains(std::string_view text, std::string_view part)
  {
    return text.find(part) != std::string_view::npos;
  }

  void check_start(const char *bytes, std::size_t nbytes)
  {
    if (nbytes == 0) refuse("the file is empty: copy or export it again");
    const std::string_view head(bytes, std::min<std::size_t>(nbytes, 4));
    if (head == "PK\x03\x04") return;
    if (head[0] == '\x80')
      refuse(std::string("this is a Python pickle of an old torch.save, not a model file") + EXPORT_HINT);
    refuse("this is not a zip archive, so no model file: give the output of 'natrolite export'");
  }

  /// A record's contents, unpacked.
  std::string unpacked(const char *bytes, std::size_t nbytes, const std::string &name)
  {
    try {
      PyTorchStreamReader reader(std::make_shared<caffe2::serialize::MemoryReadAdapter>(bytes, nbytes));
      auto [data, size] = reader.getRecord(name);
      return {static_cast<const char *>(data.get()), size};
    } catch (const std::exception &) {
      refuse("the record '" + name + "' is damaged: copy or export the file again");
    }
  }

  [[noreturn]] void refuse_pickle(const std::string &pickle)
  {
    bool state_dict = contains(pickle, "_rebuild_tensor") && contains(pickle, "OrderedDict");
    for (const char *sign : {"config", "model_state_dict", "optimizer", "torch.nn", "epoch"})
      state_dict = state_dict && !contains(pickle, sign);
    if (state_dict)
      refuse("this is a state dict: weights without a model; give the whole checkpoint to "
             "'natrolite export CHECKPOINT -o MODEL.pt'");
    refuse(std::string("this is a Python checkpoint, which needs the program that wrote it") + EXPORT_HINT);
  }

  [[noreturn]] void refuse_torchscript(const ZipArchive &archive)
  {
    if (archive.any("metatomic") || archive.any("metatensor"))
      refuse("this is a metatomic model: use its own pair style, or export the original potential "
             "with 'natrolite export CHECKPOINT -o MODEL.pt'");
    refuse("this TorchScript file has no natrolite.json, so it does not follow the model contract"
           ": export the original model with 'natrolite export FILE -o MODEL.pt'");
  }

}    // namespace

FileKind identify(const char *bytes, std::size_t nbytes)
{
  check_start(bytes, nbytes);
  const ZipArchive archive(bytes, nbytes);
  const auto read = [&](const std::string &name) { return unpacked(bytes, nbytes, name); };
  archive.check(read);
  if (archive.has("extra/natrolite.json") && archive.has("constants.pkl"))
    return FileKind::natrolite_torchscript;
  if (archive.any("data/aotinductor/")) return FileKind::nequip_aoti;
  if (!archive.has("data.pkl"))
    refuse("this is a zip archive but no PyTorch file: give the output of 'natrolite export'");
  if (!archive.has("constants.pkl")) refuse_pickle(read("data.pkl"));
  if (archive.has("extra/chemical_symbols_to_index")) return FileKind::sevennet_deployed;
  if (archive.any("__torch__/mace/calculators/lammps_mace")) return FileKind::mace_lammps;
  if (archive.has("extra/n_species") && archive.has("extra/r_max")) return FileKind::nequip_deployed;
  if (archive.has("extra/type_names") && archive.has("extra/model_dtype"))
    return FileKind::nequip_torchscript;
  refuse_torchscript(archive);
}

bool has_extra_file(const char *bytes, std::size_t nbytes, const std::string &name)
{
  return ZipArchive(bytes, nbytes).has("extra/" + name);
}

std::string read_extra_file(const char *bytes, std::size_t nbytes, const std::string &name)
{
  return unpacked(bytes, nbytes, "extra/" + name);
}

}    // namespace natrolite
