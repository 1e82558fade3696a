// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The engine's one exported symbol: from a file's bytes to a Model, one loader per kind of file.
#include "engine.h"

#include "border.h"
#include "exchange_operators.h"
#include "file_kind.h"
#include "mace_model.h"
#include "nequip_aoti.h"
#include "nequip_torchscript.h"
#include "sevennet_model.h"
#include "torchscript_model.h"

#include <stdexcept>
#include <string>

namespace natrolite {
namespace {

  std::unique_ptr<Model> load(const LoadOptions &options)
  {
    const FileKind kind = identify(options.bytes, options.nbytes);
    switch (kind) {
    case FileKind::natrolite_torchscript:
      return load_torchscript(options);
    case FileKind::mace_lammps:
      return load_mace(options);
    case FileKind::nequip_torchscript:
    case FileKind::nequip_deployed:
      return load_nequip_torchscript(options, kind);
    case FileKind::nequip_aoti:
      return load_nequip_aoti(options);
    case FileKind::sevennet_deployed:
      return load_sevennet(options);
    }
    throw std::runtime_error("no loader for this kind of file");
  }

}    // namespace
}    // namespace natrolite

extern "C" __attribute__((visibility("default"))) natrolite::Model *
natrolite_load_model(int abi, const natrolite::LoadOptions &options)
{
  if (abi != natrolite::ENGINE_ABI)
    throw std::runtime_error("plugin and engine are from different builds (interface " + std::to_string(abi) +
                             " and " + std::to_string(natrolite::ENGINE_ABI) + "): install both together");
  return natrolite::in_one_line([&] {
    natrolite::register_operators();
    return natrolite::guarded(natrolite::load(options)).release();
  });
}
