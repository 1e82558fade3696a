// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Sums and lists over all ranks.
#pragma once

#include <mpi.h>

#include <vector>

namespace LAMMPS_NS {

/// Sums over all ranks, in place.
void sum_over_ranks(std::vector<double> &values, MPI_Comm world);

/// Concatenates the parts of all ranks, in rank order, on every rank.
std::vector<double> gather_over_ranks(const std::vector<double> &mine, MPI_Comm world);

/// true on every rank if it is true on any
bool any_rank(bool mine, MPI_Comm world);

}    // namespace LAMMPS_NS
