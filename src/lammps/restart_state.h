// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A fix's state in a restart file.
#pragma once

#include <mpi.h>

#include <cstdio>
#include <string>
#include <vector>

namespace LAMMPS_NS {

class LAMMPS;

/// Writes the parts of all ranks, in rank order, into a file that the first rank has open; it holds
/// one part at a time.
void write_in_order(const std::vector<double> &mine, FILE *fp, MPI_Comm world);

/// The number that a fix's state in a restart file begins with: no earlier state began like that.
constexpr double restart_layout(int layout)
{
  return -layout;
}
/// Refuses a state of another layout than the one that is known.
void check_restart_layout(LAMMPS *lmp, const std::string &title, double found, int known);

}    // namespace LAMMPS_NS
