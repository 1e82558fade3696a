// SPDX-License-Identifier: GPL-2.0-only
#include "lammps_data.h"

#include "domain.h"
#include "error.h"
#include "group.h"
#include "lammps.h"

using namespace LAMMPS_NS;

natrolite::Cell LAMMPS_NS::cell_of(const Domain *domain)
{
  natrolite::Cell cell;
  cell.origin = {domain->boxlo[0], domain->boxlo[1], domain->boxlo[2]};
  cell.lx = domain->xprd;
  cell.ly = domain->yprd;
  cell.lz = domain->zprd;
  if (domain->triclinic) {
    cell.xy = domain->xy;
    cell.xz = domain->xz;
    cell.yz = domain->yz;
  }
  for (int k = 0; k < 3; k++) cell.periodic[k] = domain->periodicity[k] != 0;
  return cell;
}

int LAMMPS_NS::group_index(LAMMPS *lmp, const std::string &title, const std::string &name)
{
  const int index = lmp->group->find(name);
  if (index < 0)
    lmp->error->all(FLERR, "{}: group '{}' is gone; define it again with the group command", title, name);
  return index;
}

void LAMMPS_NS::require_ids(LAMMPS *lmp, const std::string &title)
{
  if (!lmp->atom->tag_enable) lmp->error->all(FLERR, "{}: atoms need IDs; use atom_modify id yes", title);
}
