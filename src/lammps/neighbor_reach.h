// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "pointers.h"

#include <string>

namespace LAMMPS_NS {

/// Asks for the compute's own occasional full neighbor list that holds every pair up to reach at
/// any step between two reneighborings; refuses a reach that the ghost atoms or the neighbor style
/// (multi beyond the pair cutoffs) do not cover.
void request_full_list(LAMMPS *lmp, class Compute *compute, const std::string &title, double reach);

/// The distance up to which ghost atoms exist, as the settings of the next run give it.
double ghost_cutoff(LAMMPS *lmp);

/// Puts positions of owned atoms into a message to the ranks that have them as ghosts, and returns
/// its number of words; pbc: images that the message crosses (LAMMPS' six), null = none.
int pack_positions(LAMMPS *lmp, int n, const int *list, double *buf, const int *pbc);

}    // namespace LAMMPS_NS
