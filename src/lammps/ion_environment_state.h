// SPDX-License-Identifier: GPL-2.0-only
#pragma once

// The inside of compute ion/environment, shared with its /kk style.

#include "compute_ion_environment.h"

#include "element_radii.h"

#include "core/accessible_volume.h"
#include "core/environment.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace LAMMPS_NS {

struct ComputeIonEnvironment::Impl : protected Pointers {
  static constexpr char title[] = "compute ion/environment";
  static constexpr int ncolumns = 6;

  explicit Impl(LAMMPS *lmp) : Pointers(lmp), radii(lmp, title) {}

  natrolite::EnvironmentRules rules;
  std::string host_group;
  bool with_volume = false, with_others = false, connected = false;
  double rs = 5.0, probe = 0.0, spacing = 0.25;
  int points = 0;    ///< Monte Carlo, 0: grid
  int seed = 0;
  ElementRadii radii;
  std::vector<double> radius;    ///< per type
  std::unique_ptr<natrolite::AccessibleVolume> grid;
  std::vector<natrolite::Sphere> spheres;
  NeighList *list = nullptr;
  int allocated = 0;

  void read(Arguments &args, double cut);
  void read_switch(Arguments &args);
  void read_volume(Arguments &args);
  void find_host();
  std::vector<char> excluding_types();
  double sphere_reach(int type) const { return rs + radius[type] + probe; }
  void check_spheres();
  natrolite::AccessibleResult volume(std::uint64_t tag, std::uint64_t step);
};

}    // namespace LAMMPS_NS
