// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What input scripts take away from neighbor lists, for potentials whose energy of a pair depends on
/// its other neighbors.
#pragma once

#include <functional>
#include <string>

namespace LAMMPS_NS {

class LAMMPS;

/// A warning of rank 0 if neigh_modify exclude or include takes pairs away. The exclusion groups of
/// LAMMPS' Monte Carlo fixes, whose atoms take no part, do not count.
void warn_of_exclusions(LAMMPS *lmp, const std::string &title);

/// Does special_bonds leave pairs of bonded atoms i, j with takes_part(i) and takes_part(j) out of the lists?
/// Indices may be those of ghosts. The same on all ranks; collective.
bool bonded_left_out(LAMMPS *lmp, const std::function<bool(int)> &takes_part);

}    // namespace LAMMPS_NS
