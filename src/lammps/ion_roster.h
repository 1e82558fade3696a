// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "pointers.h"

#include "atom_marks.h"

#include "core/vec3.h"

#include <memory>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The ions of a group, in the order of their IDs at the start, shared out over the ranks for good:
/// whichever rank holds an atom, its history stays on one rank. The atoms carry their numbers and
/// the masses of the host, so new IDs mix up nothing. All functions but the short ones are
/// collective.
class IonRoster : protected Pointers {
public:
  IonRoster(LAMMPS *lmp, const std::string &title, int igroup);
  void attach(const std::string &fix_id);    ///< in post_constructor()

  void take_group();                                  ///< the atoms that are in the group now
  void take_tags(const std::vector<tagint> &tags);    ///< those of a restart file
  int count() const { return static_cast<int>(tags_.size()); }
  int first() const { return first_; }    // this rank's share: first() .. last()-1
  int last() const { return last_; }
  int share() const { return last_ - first_; }
  tagint tag(int ion) const { return tags_[ion]; }    // as of the last positions()
  int index(int atom) const;                          ///< the ion that this rank's atom is, or -1

  /// Unwrapped positions of this rank's share. If strict, an ion that left the group or was lost and
  /// an atom that joined are errors; else the first have positions that are not numbers.
  std::vector<natrolite::Vec3> positions(bool strict = true);

  /// Takes the atoms of a group as the host; returns their number.
  bigint take_host(int group_index);
  /// Whether the host still has these atoms, with the same masses.
  bool same_host(int group_index, bigint atoms);

private:
  std::string title_;
  int igroup_;
  std::unique_ptr<AtomMarks> marks_;    ///< number of the ion + 1; mass in the host, 0 outside
  std::vector<tagint> tags_;
  int first_ = 0, last_ = 0;

  void share_out();
  void mark();
  std::vector<double> gather_group();    ///< ion, ID, x, y, z of every atom in the group
  void check_all_seen(const std::vector<char> &seen);
};

}    // namespace LAMMPS_NS
