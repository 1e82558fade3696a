// SPDX-License-Identifier: GPL-2.0-only
#include "list_completeness.h"

#include "over_ranks.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "group.h"
#include "lammps.h"
#include "neighbor.h"

namespace LAMMPS_NS {

void warn_of_exclusions(LAMMPS *lmp, const std::string &title)
{
  const Neighbor *neighbor = lmp->neighbor;
  // not neighbor->exclude, which LAMMPS sets after this
  bool exclusions = neighbor->nex_type || neighbor->nex_mol;
  for (int k = 0; k < neighbor->nex_group; ++k)
    if (!utils::strmatch(lmp->group->names[neighbor->ex1_group[k]], "^Fix\\w+:\\w*exclusion_group:"))
      exclusions = true;
  if ((exclusions || neighbor->includegroup) && lmp->comm->me == 0)
    lmp->error->warning(FLERR,
                        "neigh_modify exclude or include takes neighbors away from the model of {}: "
                        "energies are not those of the potential",
                        title);
}

bool bonded_left_out(LAMMPS *lmp, const std::function<bool(int)> &takes_part)
{
  Atom *atom = lmp->atom;    // its map is not const
  if (atom->molecular == Atom::ATOMIC) return false;
  bool missing = false;
  for (int i = 0; i < atom->nlocal; ++i)
    for (int k = 0; k < 3 && takes_part(i); ++k) {
      if (lmp->neighbor->special_flag[k + 1] != 0) continue;    // in the list
      // of a template every molecule counts: plugins do not see which atoms its bonds are of
      missing = missing || (atom->molecular == Atom::TEMPLATE && atom->molindex[i] >= 0);
      for (int m = k && atom->nspecial ? atom->nspecial[i][k - 1] : 0;
           atom->nspecial && m < atom->nspecial[i][k]; ++m) {
        const int partner = atom->map(atom->special[i][m]);    // none: beyond the ghosts
        missing = missing || (partner >= 0 && takes_part(partner));
      }
    }
  return any_rank(missing, lmp->world);
}

}    // namespace LAMMPS_NS
