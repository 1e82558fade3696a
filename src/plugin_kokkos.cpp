// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What LAMMPS calls when it loads the plugin of the /kk styles.

#include "lammps/kokkos/pair_equivariant_kokkos.h"
#include "lammps/plugin_table.h"

using namespace LAMMPS_NS;

namespace {

// x/kk computes on the device of the host program, x/kk/host on its host: the same without a GPU
constexpr PluginRow STYLES[] = {
    {"pair", "equivariant/kk", "equivariant machine-learned potentials", create<PairEquivariantKokkos<LMPDeviceType>>, nullptr},
    {"pair", "equivariant/kk/device", "equivariant machine-learned potentials", create<PairEquivariantKokkos<LMPDeviceType>>, nullptr},
    {"pair", "equivariant/kk/host", "equivariant machine-learned potentials", create<PairEquivariantKokkos<LMPHostType>>, nullptr},
};

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle, void *regfunc)
{
  register_styles(STYLES, lmp, handle, regfunc);
}
