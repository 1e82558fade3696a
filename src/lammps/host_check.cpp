// SPDX-License-Identifier: GPL-2.0-only
#include "host_check.h"

#include "library.h"
#include "lmptype.h"

#include <string>

namespace LAMMPS_NS {
namespace {

  constexpr int ERROR_ON_ALL_RANKS = 2;    // LMP_ERROR_ALL of LAMMPS' C interface

  void stop(LAMMPS *lmp, const std::string &text)
  {
    lammps_error(lmp, ERROR_ON_ALL_RANKS, text.c_str());
  }

}    // namespace

void check_host(LAMMPS *lmp)
{
  const int version = lammps_version(lmp);
  if (version != NATROLITE_HOST_VERSION)
    return stop(lmp, "This Natrolite plugin was built for LAMMPS version " +
                         std::to_string(NATROLITE_HOST_VERSION) + ", this LAMMPS is version " +
                         std::to_string(version) + ": build the plugin with this LAMMPS' headers");
  const int tagint_bytes = lammps_extract_setting(lmp, "tagint");
  if (tagint_bytes != static_cast<int>(sizeof(tagint)))
    stop(lmp, "This Natrolite plugin was built with atom IDs of " + std::to_string(8 * sizeof(tagint)) +
                  " bits, this LAMMPS has " + std::to_string(8 * tagint_bytes) +
                  ": build the plugin with -DLAMMPS_SIZES=" + (tagint_bytes == 8 ? "bigbig" : "smallbig"));
}

}    // namespace LAMMPS_NS
