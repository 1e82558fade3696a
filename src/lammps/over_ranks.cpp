// SPDX-License-Identifier: GPL-2.0-only
#include "over_ranks.h"

#include <algorithm>
#include <cstddef>

using namespace LAMMPS_NS;

void LAMMPS_NS::sum_over_ranks(std::vector<double> &values, MPI_Comm world)
{
  constexpr std::size_t piece = 1 << 28;    // MPI counts are int
  for (std::size_t done = 0; done < values.size(); done += piece)
    MPI_Allreduce(MPI_IN_PLACE, values.data() + done, static_cast<int>(std::min(piece, values.size() - done)),
                  MPI_DOUBLE, MPI_SUM, world);
}

std::vector<double> LAMMPS_NS::gather_over_ranks(const std::vector<double> &mine, MPI_Comm world)
{
  int nprocs = 1;
  MPI_Comm_size(world, &nprocs);
  int count = static_cast<int>(mine.size());    // not const: LAMMPS' stub MPI takes no such
  std::vector<int> counts(nprocs), starts(nprocs, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, world);
  for (int r = 1; r < nprocs; r++) starts[r] = starts[r - 1] + counts[r - 1];
  std::vector<double> all(starts[nprocs - 1] + counts[nprocs - 1]), part = mine;
  MPI_Allgatherv(part.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(), MPI_DOUBLE, world);
  return all;
}

bool LAMMPS_NS::any_rank(bool mine, MPI_Comm world)
{
  int flag = mine ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &flag, 1, MPI_INT, MPI_MAX, world);
  return flag != 0;
}
