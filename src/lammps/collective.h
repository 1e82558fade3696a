// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Things that all ranks do together, so that an error on one rank is an error on all.
#pragma once

#include <mpi.h>

#include <functional>
#include <string>

namespace LAMMPS_NS {

/// Runs f on every rank; returns the message of what the lowest failing rank threw, on all ranks,
/// or an empty string. Collective.
std::string run_and_agree(MPI_Comm world, const std::function<void()> &f);

/// Contents of a file, read by rank 0 and sent to all. Throws std::runtime_error on every rank
/// if it cannot be read. Collective.
std::string read_file_on_all(MPI_Comm world, const std::string &path);

/// How many lower ranks run on the same node. Collective.
int rank_on_node(MPI_Comm world);

/// How many ranks run on the same node. Collective.
int ranks_on_node(MPI_Comm world);

}    // namespace LAMMPS_NS
