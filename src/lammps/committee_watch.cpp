// SPDX-License-Identifier: GPL-2.0-only
#include "committee_watch.h"

#include "pair_equivariant.h"

#include "modify.h"

using namespace LAMMPS_NS;
using namespace FixConst;

/// The style is known to LAMMPS only while it makes the fix.
void CommitteeWatch::add(LAMMPS *lmp, const std::string &id, PairEquivariant *pair)
{
  const std::string style = "EQUIVARIANT_COMMITTEE";
  auto &creators = *lmp->modify->fix_map;
  creators[style] = [](LAMMPS *host, int narg, char **arg) -> Fix * {
    return new CommitteeWatch(host, narg, arg);
  };
  static_cast<CommitteeWatch *>(lmp->modify->add_fix(id + " all " + style, 0))->pair = pair;
  creators.erase(style);
}

CommitteeWatch::CommitteeWatch(LAMMPS *lmp, int narg, char **arg) : Fix(lmp, narg, arg)
{
  kokkosable = lmp->kokkos ? 1 : 0;    // KOKKOS need not copy any atom data for it
  datamask_read = datamask_modify = 0;
}

int CommitteeWatch::setmask()
{
  return PRE_REVERSE | MIN_PRE_REVERSE | END_OF_STEP;
}

// Monte Carlo asks for energies before, numerical derivatives after this point of a step; fix
// charge/regulation comes here too, before the step's own forces.
void CommitteeWatch::pre_reverse(int, int)
{
  pair->end_evaluation();
}

void CommitteeWatch::setup_pre_reverse(int, int)
{
  pair->end_evaluation();
}

void CommitteeWatch::min_pre_reverse(int, int)
{
  pair->end_evaluation();
}

void CommitteeWatch::end_of_step()
{
  pair->end_step();
}

/// rows of a run of 0 steps and of the last step of a minimization
void CommitteeWatch::post_run()
{
  pair->end_step();
}
