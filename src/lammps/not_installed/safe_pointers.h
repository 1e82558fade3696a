// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Takes the place of a header that LAMMPS 4Jul2026 does not install, though its installed headers include it
/// (citeme.h, variable.h). Nothing here is used: the members of this type belong to LAMMPS.
#pragma once

#include <cstdio>

namespace LAMMPS_NS {

struct SafeFilePtr {
  std::FILE *file;
  bool is_pipe;
};

}    // namespace LAMMPS_NS
