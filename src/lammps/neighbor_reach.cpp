// SPDX-License-Identifier: GPL-2.0-only
#include "neighbor_reach.h"

#include "host_symbols.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "lammps.h"
#include "neighbor.h"
#include "pair.h"

#include <algorithm>
#include <cmath>

using namespace LAMMPS_NS;

double LAMMPS_NS::ghost_cutoff(LAMMPS *lmp)
{
  const double pair = lmp->force->pair ? lmp->force->pair->cutforce + lmp->neighbor->skin : 0.0;
  return std::max(pair, lmp->comm->cutghostuser);
}

// The smallest cutoff of any pair of types: what the default neighbor list surely holds.
static double smallest_pair_cutoff(LAMMPS *lmp)
{
  const Pair *pair = lmp->force->pair;
  if (!pair || !pair->cutsq) return 0.0;
  double smallest = pair->cutforce * pair->cutforce;
  for (int i = 1; i <= lmp->atom->ntypes; i++)
    for (int j = 1; j <= lmp->atom->ntypes; j++) smallest = std::min(smallest, pair->cutsq[i][j]);
  return std::sqrt(smallest);
}

void LAMMPS_NS::request_full_list(LAMMPS *lmp, Compute *compute, const std::string &title,
                                  double reach)
{
  const double needed = reach + lmp->neighbor->skin;
  const double present = ghost_cutoff(lmp);
  if (needed > present * (1.0 + 1e-12))
    lmp->error->all(FLERR,
                    "{}: needs neighbors up to {:.6g} (reach {:.6g} + skin {:.6g}), ghost atoms "
                    "reach {:.6g}; use comm_modify cutoff {:.6g}",
                    title, needed, reach, lmp->neighbor->skin, present,
                    std::ceil(needed * 100.0) / 100.0);
  NeighRequest *request =
      lmp->neighbor->add_request(compute, NeighConst::REQ_FULL | NeighConst::REQ_OCCASIONAL);
  if (reach > smallest_pair_cutoff(lmp)) request->set_cutoff(needed);
}
