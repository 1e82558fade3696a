// SPDX-License-Identifier: GPL-2.0-only
#include "neighbor_reach.h"

#include "host_symbols.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
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

void LAMMPS_NS::request_full_list(LAMMPS *lmp, Compute *compute, const std::string &title, double reach)
{
  const double needed = reach + lmp->neighbor->skin;
  const double present = ghost_cutoff(lmp);
  if (needed > present * (1.0 + 1e-12))
    lmp->error->all(FLERR,
                    "{}: needs neighbors up to {:.6g} (reach {:.6g} + skin {:.6g}), ghost atoms "
                    "reach {:.6g}; use comm_modify cutoff {:.6g}",
                    title, needed, reach, lmp->neighbor->skin, present, std::ceil(needed * 100.0) / 100.0);
  NeighRequest *request =
      lmp->neighbor->add_request(compute, NeighConst::REQ_FULL | NeighConst::REQ_OCCASIONAL);
  const double pair = smallest_pair_cutoff(lmp);
  if (reach <= pair) return;
  const int style = lmp->neighbor->style;
  if (style != Neighbor::BIN && style != Neighbor::NSQ)
    lmp->error->all(FLERR,
                    "{}: needs neighbors up to {:.6g}, beyond the smallest pair cutoff {:.6g}, which "
                    "neighbor style multi does not give; use neighbor {:.6g} bin",
                    title, reach, pair, lmp->neighbor->skin);
  request->set_cutoff(needed);
}

int LAMMPS_NS::pack_positions(LAMMPS *lmp, int n, const int *list, double *buf, const int *pbc)
{
  const Domain &box = *lmp->domain;
  double shift[3] = {0.0, 0.0, 0.0};
  if (pbc) {    // pbc[3..5]: yz, xz, xy, zero in an orthogonal box
    shift[0] = pbc[0] * box.xprd + pbc[5] * box.xy + pbc[4] * box.xz;
    shift[1] = pbc[1] * box.yprd + pbc[3] * box.yz;
    shift[2] = pbc[2] * box.zprd;
  }
  for (int k = 0; k < n; k++)
    for (int d = 0; d < 3; d++) *buf++ = lmp->atom->x[list[k]][d] + shift[d];
  return 3 * n;
}
