// SPDX-License-Identifier: GPL-2.0-only
#include "lammps/command_ocv.h"
#include "lammps/compute_ion_environment.h"
#include "lammps/compute_layer_map.h"
#include "lammps/compute_layer_spacing.h"
#include "lammps/compute_rdf_site.h"
#include "lammps/fix_ion_transport.h"
#include "lammps/fix_ocv.h"
#include "lammps/plugin_abi.h"

#include "lammps.h"
#include "pointers.h"

#include <cstring>

using namespace LAMMPS_NS;

namespace
{

template <class Style> void *make(void *lmp, int narg, char **arg)
{
  return new Style(static_cast<LAMMPS *>(lmp), narg, arg);
}

template <class Style> void *make_command(void *lmp)
{
  return new Style(static_cast<LAMMPS *>(lmp));
}

struct Row {
  const char *style;
  const char *name;
  lammpsplugin_factory1 *v1;
  lammpsplugin_factory2 *v2;
};

constexpr Row table[] = {
    {"compute", "ion/environment", nullptr, make<ComputeIonEnvironment>},
    {"compute", "layer/spacing", nullptr, make<ComputeLayerSpacing>},
    {"compute", "layer/map", nullptr, make<ComputeLayerMap>},
    {"compute", "rdf/site", nullptr, make<ComputeRDFSite>},
    {"fix", "ion/transport", nullptr, make<FixIonTransport>},
    {"fix", "ocv", nullptr, make<FixOCV>},
    {"command", "ocv", make_command<CommandOCV>, nullptr},
};

} // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                                         void *regfunc)
{
  auto *registrar = reinterpret_cast<lammpsplugin_regfunc>(regfunc);
  for (const Row &row : table) {
    lammpsplugin_t plugin;
    std::memset(&plugin, 0, sizeof(plugin));
    plugin.version = static_cast<LAMMPS *>(lmp)->version;
    plugin.style = row.style;
    plugin.name = row.name;
    plugin.info = "Natrolite";
    plugin.author = "Natrolite developers";
    if (row.v1) plugin.creator.v1 = row.v1;
    else
      plugin.creator.v2 = row.v2;
    plugin.handle = handle;
    (*registrar)(&plugin, lmp);
  }
}
