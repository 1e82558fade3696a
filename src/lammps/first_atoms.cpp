// SPDX-License-Identifier: GPL-2.0-only
#include "first_atoms.h"

#include "over_ranks.h"

std::vector<LAMMPS_NS::FirstAtom> LAMMPS_NS::first_over_ranks(std::vector<FirstAtom> mine, MPI_Comm world)
{
  std::vector<tagint> lowest;
  for (const FirstAtom &first : mine) lowest.push_back(first.tag);
  MPI_Allreduce(MPI_IN_PLACE, lowest.data(), static_cast<int>(lowest.size()), MPI_LMP_TAGINT, MPI_MIN, world);
  std::vector<double> x(3 * mine.size(), 0.0);
  for (std::size_t k = 0; k < mine.size(); ++k)
    if (mine[k].tag == lowest[k] && lowest[k] != MAXTAGINT) {
      x[3 * k] = mine[k].x.x;
      x[3 * k + 1] = mine[k].x.y;
      x[3 * k + 2] = mine[k].x.z;
    }
  sum_over_ranks(x, world);
  for (std::size_t k = 0; k < mine.size(); ++k) mine[k] = {lowest[k], {x[3 * k], x[3 * k + 1], x[3 * k + 2]}};
  return mine;
}
