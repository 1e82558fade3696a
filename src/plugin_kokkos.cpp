// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What LAMMPS calls when it loads the plugin of the /kk styles.

#include "lammps/kokkos/compute_ion_environment_kokkos.h"
#include "lammps/kokkos/compute_layer_spacing_kokkos.h"
#include "lammps/kokkos/pair_equivariant_kokkos.h"
#include "lammps/plugin_table.h"

using namespace LAMMPS_NS;

namespace {

// x/kk computes on the device of the host program, x/kk/host on its host: the same without a GPU
constexpr PluginRow STYLES[] = {
    {"pair", "equivariant/kk", "equivariant machine-learned potentials",
     create<PairEquivariantKokkos<LMPDeviceType>>, nullptr},
    {"pair", "equivariant/kk/device", "equivariant machine-learned potentials",
     create<PairEquivariantKokkos<LMPDeviceType>>, nullptr},
    {"pair", "equivariant/kk/host", "equivariant machine-learned potentials",
     create<PairEquivariantKokkos<LMPHostType>>, nullptr},
    {"compute", "ion/environment/kk", "coordination and accessible volume of ions", nullptr,
     create_with_arguments<ComputeIonEnvironmentKokkos<LMPDeviceType>>},
    {"compute", "ion/environment/kk/device", "coordination and accessible volume of ions", nullptr,
     create_with_arguments<ComputeIonEnvironmentKokkos<LMPDeviceType>>},
    {"compute", "ion/environment/kk/host", "coordination and accessible volume of ions", nullptr,
     create_with_arguments<ComputeIonEnvironmentKokkos<LMPHostType>>},
    {"compute", "layer/spacing/kk", "distances of layers", nullptr,
     create_with_arguments<ComputeLayerSpacingKokkos<LMPDeviceType>>},
    {"compute", "layer/spacing/kk/device", "distances of layers", nullptr,
     create_with_arguments<ComputeLayerSpacingKokkos<LMPDeviceType>>},
    {"compute", "layer/spacing/kk/host", "distances of layers", nullptr,
     create_with_arguments<ComputeLayerSpacingKokkos<LMPHostType>>},
};

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                                         void *regfunc)
{
  register_styles(STYLES, lmp, handle, regfunc);
}
