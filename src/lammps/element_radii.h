// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "arguments.h"

#include <map>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The radius of every atom type: by the elements given, else by type labels, else by mass.
class ElementRadii : protected Pointers {
public:
  ElementRadii(LAMMPS *lmp, const std::string &title);

  void read_radii(Arguments &args);       ///< El R [El R ...]
  void read_elements(Arguments &args);    ///< one per atom type

  /// One radius per type (entry 0 unused); negative for a type without one.
  std::vector<double> per_type() const;
  std::string element(int type) const;
  /// does the input give a radius for the type's element?
  bool given(int type) const { return given_.count(element(type)) > 0; }

private:
  std::string title_;
  std::map<std::string, double> given_;
  std::vector<std::string> elements_;
};

}    // namespace LAMMPS_NS
