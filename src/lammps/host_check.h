// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Is the LAMMPS that loads the plugin the one it was built for?
#pragma once

namespace LAMMPS_NS {
class LAMMPS;

/// Compares version and integer sizes through LAMMPS' C interface only, so that it is safe to
/// call in any host. Raises LAMMPS' error naming both values and the remedy if they differ.
void check_host(LAMMPS *lmp);

}    // namespace LAMMPS_NS
