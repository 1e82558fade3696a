// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What is this file? Recognized from its bytes before anything in it is executed.
#pragma once

#include <cstddef>
#include <string>

namespace natrolite {

enum class FileKind {
  natrolite_torchscript,
  mace_lammps,           ///< MACE's `*-lammps.pt`
  nequip_torchscript,    ///< `.nequip.pth` of nequip-compile, NequIP or Allegro
  nequip_deployed,       ///< of nequip-deploy (nequip 0.5 and 0.6), NequIP or Allegro
  nequip_aoti,           ///< `.nequip.pt2` of nequip-compile, NequIP or Allegro
  sevennet_deployed      ///< SevenNet's `deployed_serial.pt`
};

/// The kind of a file that can be loaded. Throws std::runtime_error that says what the file is
/// and how to make a model file of it, for everything else.
FileKind identify(const char *bytes, std::size_t nbytes);

bool has_extra_file(const char *bytes, std::size_t nbytes, const std::string &name);

/// Text of an extra file of a TorchScript archive, for example "natrolite.json".
std::string read_extra_file(const char *bytes, std::size_t nbytes, const std::string &name);

}    // namespace natrolite
