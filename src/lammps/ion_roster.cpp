// SPDX-License-Identifier: GPL-2.0-only
#include "ion_roster.h"

#include "adapter.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "update.h"

#include <algorithm>

using namespace LAMMPS_NS;
using natrolite::Vec3;

IonRoster::IonRoster(LAMMPS *lmp, const std::string &title, int igroup)
    : Pointers(lmp), title_(title), igroup_(igroup)
{
  if (!atom->tag_enable) error->all(FLERR, "{}: atoms need IDs; use atom_modify id yes", title_);
}

std::vector<double> IonRoster::gather_group()
{
  std::vector<double> mine;
  for (int i = 0; i < atom->nlocal; i++) {
    if (!(atom->mask[i] & group->bitmask[igroup_])) continue;
    double x[3];
    domain->unmap(atom->x[i], atom->image[i], x);
    mine.push_back(static_cast<double>(atom->tag[i]));
    mine.insert(mine.end(), x, x + 3);
  }
  return gather_over_ranks(mine, world);
}

void IonRoster::share_out()
{
  const auto n = static_cast<bigint>(tags_.size());
  first_ = static_cast<int>(n * comm->me / comm->nprocs);
  last_ = static_cast<int>(n * (comm->me + 1) / comm->nprocs);
}

void IonRoster::take_group()
{
  const std::vector<double> all = gather_group();
  tags_.clear();
  for (std::size_t k = 0; k < all.size(); k += 4) tags_.push_back(static_cast<tagint>(all[k]));
  std::sort(tags_.begin(), tags_.end());
  share_out();
}

void IonRoster::take_tags(const std::vector<tagint> &tags)
{
  tags_ = tags;
  share_out();
}

int IonRoster::index(tagint tag) const
{
  const auto found = std::lower_bound(tags_.begin(), tags_.end(), tag);
  if (found == tags_.end() || *found != tag) return -1;
  return static_cast<int>(found - tags_.begin());
}

std::vector<Vec3> IonRoster::positions()
{
  const std::vector<double> all = gather_group();
  std::vector<Vec3> mine(last_ - first_);
  std::vector<char> seen(tags_.size(), 0);
  for (std::size_t k = 0; k < all.size(); k += 4) {
    const auto tag = static_cast<tagint>(all[k]);
    const int ion = index(tag);
    if (ion < 0)
      error->all(FLERR,
                 "{}: atom {} joined group {} at step {}; ions must stay the same from the first "
                 "sample on, use a static group or define the fix again",
                 title_, tag, group->names[igroup_], update->ntimestep);
    seen[ion] = 1;
    if (ion >= first_ && ion < last_) mine[ion - first_] = {all[k + 1], all[k + 2], all[k + 3]};
  }
  const auto missing = std::find(seen.begin(), seen.end(), 0);
  if (missing != seen.end())
    error->all(FLERR,
               "{}: {} of {} ions left group {} or were lost at step {} (the first is atom {}); "
               "ions must stay the same, define the fix again for those that are left",
               title_, std::count(seen.begin(), seen.end(), 0), tags_.size(), group->names[igroup_],
               update->ntimestep, tags_[missing - seen.begin()]);
  return mine;
}
