// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Styles of units in which energies are known: metal and real.
#pragma once

#include "error.h"
#include "lammps.h"
#include "update.h"
#include "utils.h"

#include <string>

namespace LAMMPS_NS {

inline bool real_units(LAMMPS *lmp)
{
  return std::string(lmp->update->unit_style) == "real";
}

/// Refuses all other units.
inline void require_metal_or_real(LAMMPS *lmp, const std::string &title)
{
  const std::string style = lmp->update->unit_style;
  if (style != "metal" && style != "real")
    lmp->error->all(FLERR, "{}: needs units metal or real, not {}", title, style);
}

/// The run's energy units (per atom or mole of atoms) in 1 eV, by LAMMPS' own factor. Refuses other units.
inline double energy_units_per_ev(LAMMPS *lmp, const std::string &title)
{
  require_metal_or_real(lmp, title);
  return utils::get_conversion_factor(utils::ENERGY, real_units(lmp) ? utils::METAL2REAL : utils::NOCONVERT);
}

/// The run's energy unit in eV. Refuses other units.
inline double energy_unit_in_ev(LAMMPS *lmp, const std::string &title)
{
  return 1.0 / energy_units_per_ev(lmp, title);
}

inline std::string energy_unit_name(LAMMPS *lmp)
{
  return real_units(lmp) ? "kcal/mol" : "eV";
}

}    // namespace LAMMPS_NS
