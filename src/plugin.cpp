// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What LAMMPS calls when it loads the plugin: registers the styles of the table.

#include "lammps/ocv.h"
#include "lammps/compute_ion_environment.h"
#include "lammps/compute_layer_map.h"
#include "lammps/compute_layer_spacing.h"
#include "lammps/compute_rdf_site.h"
#include "lammps/fix_ion_transport.h"
#include "lammps/fix_ocv.h"
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

template <class Style> void *create_with_arguments(void *lmp, int narg, char **arg)
{
  return new Style(static_cast<LAMMPS *>(lmp), narg, arg);
}

struct Row {
  const char *style, *name, *info;
  lammpsplugin_factory1 *v1;
  lammpsplugin_factory2 *v2;
};

constexpr Row STYLES[] = {
    {"pair", "equivariant", "equivariant machine-learned potentials", create<PairEquivariant>,
     nullptr},
    {"compute", "ion/environment", "coordination and accessible volume of ions", nullptr,
     create_with_arguments<ComputeIonEnvironment>},
    {"compute", "layer/spacing", "distances of layers", nullptr,
     create_with_arguments<ComputeLayerSpacing>},
    {"compute", "layer/map", "map of the distance of two layers", nullptr,
     create_with_arguments<ComputeLayerMap>},
    {"compute", "rdf/site", "g(r) of ions and sites", nullptr,
     create_with_arguments<ComputeRDFSite>},
    {"fix", "ion/transport", "MSD, diffusion and tortuosity of ions", nullptr,
     create_with_arguments<FixIonTransport>},
    {"fix", "ocv", "average energy and voltage", nullptr, create_with_arguments<FixOCV>},
    {"command", "ocv", "open-circuit voltages of a table", create<CommandOCV>, nullptr},
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
