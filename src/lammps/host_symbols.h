// SPDX-License-Identifier: GPL-2.0-only
#pragma once

// Functions that liblammps exports but whose headers are not installed with it. The real headers
// are used where they exist; otherwise the one member that is needed is declared, by its name.

#include "neighbor.h"

#include <string>

#if __has_include("neigh_request.h")
#include "neigh_request.h"
#else
namespace LAMMPS_NS {
class NeighRequest {
public:
  void set_cutoff(double cutoff);
};
}    // namespace LAMMPS_NS
#endif

#if __has_include("label_map.h")
#include "label_map.h"
#else
namespace LAMMPS_NS {
class LabelMap {
public:
  // -1 if unknown; CMake looks which of the two this LAMMPS has
#ifdef NATROLITE_HOST_FIND_TYPE
  int find_type(const std::string &label, int mode) const;
#else
  int find(const std::string &label, int mode) const;
#endif
};
}    // namespace LAMMPS_NS
#endif
