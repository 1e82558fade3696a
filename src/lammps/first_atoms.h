// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The atom with the lowest ID of a set of atoms, next to which the others' images are taken: the same for
/// any number of ranks.
#pragma once

#include "core/cell.h"

#include "lmptype.h"

#include <mpi.h>

#include <vector>

namespace LAMMPS_NS {

struct FirstAtom {
  tagint tag = MAXTAGINT;    ///< there is none
  natrolite::Vec3 x;         ///< wrapped position

  /// Takes an atom if its ID is lower.
  void offer(tagint other, const double *position)
  {
    if (other < tag) *this = {other, {position[0], position[1], position[2]}};
  }
};

/// Of each set the first atom over all ranks, from the first on every rank. Collective.
std::vector<FirstAtom> first_over_ranks(std::vector<FirstAtom> mine, MPI_Comm world);

}    // namespace LAMMPS_NS
