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
#include "lammps/pair_dispersion_d3_opt.h"
#include "lammps/pair_equivariant.h"
#include "lammps/plugin_table.h"

using namespace LAMMPS_NS;

namespace {

constexpr PluginRow STYLES[] = {
    {"pair", "equivariant", "equivariant machine-learned potentials", create<PairEquivariant>, nullptr},
    {"pair", "dispersion/d3/opt", "DFT-D3 dispersion", create<PairDispersionD3Opt>, nullptr},
    {"compute", "ion/environment", "coordination and accessible volume of ions", nullptr,
     create_with_arguments<ComputeIonEnvironment>},
    {"compute", "layer/spacing", "distances of layers", nullptr, create_with_arguments<ComputeLayerSpacing>},
    {"compute", "layer/map", "map of the distance of two layers", nullptr,
     create_with_arguments<ComputeLayerMap>},
    {"compute", "rdf/site", "g(r) of ions and sites", nullptr, create_with_arguments<ComputeRDFSite>},
    {"fix", "ion/transport", "MSD, diffusion and tortuosity of ions", nullptr,
     create_with_arguments<FixIonTransport>},
    {"fix", "ocv", "average energy and voltage", nullptr, create_with_arguments<FixOCV>},
    {"command", "ocv", "open-circuit voltages of a table", create<CommandOCV>, nullptr},
};

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                                         void *regfunc)
{
  register_styles(STYLES, lmp, handle, regfunc);
}
