// SPDX-License-Identifier: GPL-2.0-only
#include "ion_roster.h"

#include "over_ranks.h"
#include "lammps_data.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "update.h"

#include <algorithm>
#include <limits>
#include <numeric>

using namespace LAMMPS_NS;
using natrolite::Vec3;

IonRoster::IonRoster(LAMMPS *lmp, const std::string &title, int igroup) :
    Pointers(lmp), title_(title), igroup_(igroup)
{
  require_ids(lmp, title_);
}

void IonRoster::attach(const std::string &fix_id)
{
  marks_ = std::make_unique<AtomMarks>(lmp, "ions_of_" + fix_id, 2);
}

int IonRoster::index(int atom) const
{
  return static_cast<int>((*marks_)[atom][0]) - 1;
}

std::vector<double> IonRoster::gather_group()
{
  std::vector<double> mine;
  for (int i = 0; i < atom->nlocal; i++) {
    if (!(atom->mask[i] & group->bitmask[igroup_])) continue;
    double x[3];
    domain->unmap(atom->x[i], atom->image[i], x);
    mine.insert(mine.end(),
                {static_cast<double>(index(i)), static_cast<double>(atom->tag[i]), x[0], x[1], x[2]});
  }
  return gather_over_ranks(mine, world);
}

void IonRoster::share_out()
{
  const auto n = static_cast<bigint>(tags_.size());
  first_ = static_cast<int>(n * comm->me / comm->nprocs);
  last_ = static_cast<int>(n * (comm->me + 1) / comm->nprocs);
}

// Gives the atoms in the group their numbers, by their IDs.
void IonRoster::mark()
{
  for (int i = 0; i < atom->nlocal; i++) {
    double &number = (*marks_)[i][0] = 0.0;
    if (!(atom->mask[i] & group->bitmask[igroup_])) continue;
    const auto found = std::lower_bound(tags_.begin(), tags_.end(), atom->tag[i]);
    if (found != tags_.end() && *found == atom->tag[i])
      number = static_cast<double>(found - tags_.begin()) + 1.0;
  }
}

void IonRoster::take_group()
{
  std::vector<double> mine;
  for (int i = 0; i < atom->nlocal; i++)
    if (atom->mask[i] & group->bitmask[igroup_]) mine.push_back(static_cast<double>(atom->tag[i]));
  tags_.clear();
  for (const double tag : gather_over_ranks(mine, world)) tags_.push_back(static_cast<tagint>(tag));
  std::sort(tags_.begin(), tags_.end());
  share_out();
  mark();
}

void IonRoster::take_tags(const std::vector<tagint> &tags)
{
  // after a change of IDs the ions are not in the order of their IDs
  std::vector<std::size_t> order(tags.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return tags[a] < tags[b]; });
  tags_ = tags;
  std::sort(tags_.begin(), tags_.end());
  mark();
  for (int i = 0; i < atom->nlocal; i++)
    if (const int k = index(i); k >= 0) (*marks_)[i][0] = static_cast<double>(order[k]) + 1.0;
  tags_ = tags;
  share_out();
}

void IonRoster::check_all_seen(const std::vector<char> &seen)
{
  const auto missing = std::find(seen.begin(), seen.end(), 0);
  if (missing == seen.end()) return;
  error->all(FLERR,
             "{}: {} of {} ions left group {} or were lost at step {} (the first is atom {}); "
             "ions must stay the same, define the fix again for those that are left",
             title_, std::count(seen.begin(), seen.end(), 0), tags_.size(), group->names[igroup_],
             update->ntimestep, tags_[missing - seen.begin()]);
}

std::vector<Vec3> IonRoster::positions(bool strict)
{
  const std::vector<double> all = gather_group();
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::vector<Vec3> mine(share(), {none, none, none});
  std::vector<char> seen(tags_.size(), 0);
  for (std::size_t k = 0; k < all.size(); k += 5) {
    const auto ion = static_cast<int>(all[k]);
    const auto tag = static_cast<tagint>(all[k + 1]);
    if (ion < 0 && !strict) continue;
    if (ion < 0)
      error->all(FLERR,
                 "{}: atom {} joined group {} at step {}; ions must stay the same from the first "
                 "sample on, use a static group or define the fix again",
                 title_, tag, group->names[igroup_], update->ntimestep);
    seen[ion] = 1;
    tags_[ion] = tag;
    if (ion >= first_ && ion < last_) mine[ion - first_] = {all[k + 2], all[k + 3], all[k + 4]};
  }
  if (strict) check_all_seen(seen);
  return mine;
}

bigint IonRoster::take_host(int group_index)
{
  const int bit = group->bitmask[group_index];
  for (int i = 0; i < atom->nlocal; i++) (*marks_)[i][1] = atom->mask[i] & bit ? mass_of(atom, i) : 0.0;
  return group->count(group_index);
}

bool IonRoster::same_host(int group_index, bigint atoms)
{
  const int bit = group->bitmask[group_index];
  bool other = false;
  for (int i = 0; i < atom->nlocal; i++)
    other |= (*marks_)[i][1] != (atom->mask[i] & bit ? mass_of(atom, i) : 0.0);
  return !any_rank(other, world) && group->count(group_index) == atoms;
}
