// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "error.h"
#include "lammps.h"
#include "update.h"

#include <string>

namespace LAMMPS_NS {

/// The run's energy unit (per atom or mole of atoms) in eV; refuses styles other than metal and
/// real.
inline double energy_unit_in_ev(LAMMPS *lmp, const std::string &title)
{
  const std::string style = lmp->update->unit_style;
  if (style == "metal") return 1.0;
  if (style == "real") return 1.0 / 23.060547830619;    // kcal/mol, CODATA 2018
  lmp->error->all(FLERR, "{}: needs units metal or real, not {}", title, style);
}

/// The same the other way for pair styles, whose energies convert by LAMMPS' own factor.
inline double energy_units_per_ev(LAMMPS *lmp, const std::string &title)
{
  return energy_unit_in_ev(lmp, title) == 1.0
             ? 1.0
             : utils::get_conversion_factor(utils::ENERGY, utils::METAL2REAL);
}

inline std::string energy_unit_name(LAMMPS *lmp)
{
  return std::string(lmp->update->unit_style) == "real" ? "kcal/mol" : "eV";
}

}    // namespace LAMMPS_NS
