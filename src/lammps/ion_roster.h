// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_ION_ROSTER_H
#define NATROLITE_ION_ROSTER_H

#include "pointers.h"

#include "core/vec3.h"

#include <string>
#include <vector>

namespace LAMMPS_NS
{

// The ions of a group, in the order of their IDs, shared out over the ranks for good: whichever
// rank holds an atom, its history stays on one rank. All functions are collective.
class IonRoster : protected Pointers
{
public:
  IonRoster(LAMMPS *lmp, const std::string &title, int igroup);

  bool empty() const { return tags_.empty(); }
  void take_group();                               // the atoms that are in the group now
  void take_tags(const std::vector<tagint> &tags); // those of a restart file
  int count() const { return static_cast<int>(tags_.size()); }
  int first() const { return first_; } // this rank's share: first() .. last()-1
  int last() const { return last_; }
  tagint tag(int ion) const { return tags_[ion]; }
  int index(tagint tag) const; // -1 if unknown

  // Unwrapped positions of this rank's share. An ion that left the group or was lost, and an atom
  // that joined, are errors.
  std::vector<natrolite::Vec3> positions();

private:
  std::string title_;
  int igroup_;
  std::vector<tagint> tags_;
  int first_ = 0, last_ = 0;

  void share_out();
  std::vector<double> gather_group(); // ID, x, y, z of every atom in the group
};

} // namespace LAMMPS_NS

#endif
