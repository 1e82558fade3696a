// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What LAMMPS holds, as core wants it: the cell, groups, rows of a global array.
#pragma once

#include "core/cell.h"

#include "atom.h"

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace LAMMPS_NS {

class LAMMPS;
class Domain;

/// The cell, as it is now.
natrolite::Cell cell_of(const Domain *domain);

/// The index of a group that a style names: looked up whenever it is used, since a group may be
/// deleted and made anew between runs. A group that is gone is an error.
int group_index(LAMMPS *lmp, const std::string &title, const std::string &name);

/// Refuses atoms without IDs.
void require_ids(LAMMPS *lmp, const std::string &title);

inline double mass_of(const Atom *atom, int i)
{
  return atom->rmass ? atom->rmass[i] : atom->mass[atom->type[i]];
}

/// Rows, structs of five doubles, into an array of five columns.
template <class Row>
void copy_rows(const std::vector<Row> &rows, double **array)
{
  static_assert(std::is_trivially_copyable_v<Row> && sizeof(Row) == 5 * sizeof(double));
  std::memcpy(array[0], rows.data(), rows.size() * sizeof(Row));
}

}    // namespace LAMMPS_NS
