// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What LAMMPS calls when it loads the plugin: registers the styles of the table.

#include "lammps/host_check.h"
#include "lammps/pair_equivariant.h"
#include "lammps/plugin_abi.h"

#include "lammps.h"

using namespace LAMMPS_NS;

namespace {

template <class Style> void *create(void *lmp)
{
  return new Style(static_cast<LAMMPS *>(lmp));
}

struct Row {
  const char *style, *name, *info;
  lammpsplugin_factory1 *v1;
  lammpsplugin_factory2 *v2;
};

constexpr Row STYLES[] = {
    {"pair", "equivariant", "equivariant machine-learned potentials", create<PairEquivariant>,
     nullptr},
};

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle, void *regfunc)
{
  auto *host = static_cast<LAMMPS *>(lmp);
  check_host(host);
  for (const Row &row : STYLES) {
    lammpsplugin_t plugin{};
    plugin.version = host->version;    // check_host() has compared it
    plugin.style = row.style;
    plugin.name = row.name;
    plugin.info = row.info;
    plugin.author = "Natrolite developers";
    if (row.v1)
      plugin.creator.v1 = row.v1;
    else
      plugin.creator.v2 = row.v2;
    plugin.handle = handle;
    reinterpret_cast<lammpsplugin_regfunc>(regfunc)(&plugin, lmp);
  }
}
