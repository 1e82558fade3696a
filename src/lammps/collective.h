// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Things that all ranks do together, so that an error on one rank is an error on all.
///
/// What can fail on one rank stands alone, in run_and_agree(); what all ranks must do together
/// stands between such calls, and allocates nothing.
#pragma once

#include <mpi.h>

#include <exception>
#include <string>

namespace LAMMPS_NS {

/// What went wrong on a rank; of a fixed size, because it may be a lack of memory.
class Complaint {
public:
  void set(const std::exception &e) noexcept;
  void set_unknown() noexcept;
  /// The complaint of the lowest rank that has one, on all ranks; else empty. Collective.
  std::string agree(MPI_Comm world);

private:
  void set(const char *what) noexcept;
  char text_[2048] = "";
};

/// Runs f on every rank; returns the message of what the lowest failing rank threw, on all ranks,
/// or an empty string. Collective, but f must not be: a rank on which it throws leaves it early.
template <class F>
std::string run_and_agree(MPI_Comm world, const F &f)
{
  Complaint mine;
  try {
    f();
  } catch (const std::exception &e) {
    mine.set(e);
  } catch (...) {
    mine.set_unknown();
  }
  return mine.agree(world);
}

/// Contents of a file, read by rank 0 and sent to all; returns the reason on every rank if it
/// cannot be read or has no room. Rank 0 looks for it in the folders of LAMMPS_POTENTIALS too, and
/// there `path` becomes where it was found. Collective.
std::string read_file_on_all(MPI_Comm world, std::string &path, std::string &bytes);

/// How many lower ranks run on the same node. Collective.
int rank_on_node(MPI_Comm world);

/// How many ranks run on the same node. Collective.
int ranks_on_node(MPI_Comm world);

}    // namespace LAMMPS_NS
