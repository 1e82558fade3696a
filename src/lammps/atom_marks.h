// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "pointers.h"

#include <string>

namespace LAMMPS_NS {

/// Numbers that stay with their atoms, whatever happens to IDs, ranks and the order of atoms (an
/// internal fix carries them); all are 0 at first and for atoms that are new. Must not be made in
/// the constructor of a fix, see Fix::post_constructor(). Collective.
class AtomMarks : protected Pointers {
public:
  /// owner: a name that no other marks have; width: numbers per atom
  AtomMarks(LAMMPS *lmp, const std::string &owner, int width);
  ~AtomMarks() override;
  AtomMarks(const AtomMarks &) = delete;
  AtomMarks &operator=(const AtomMarks &) = delete;

  /// the numbers of one of this rank's atoms
  double *operator[](int i) const;

private:
  std::string fix_id_;
  class FixAtomMarks *fix_;
};

}    // namespace LAMMPS_NS
