// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "kokkos_compat.h"

#include "lammps/compute_layer_spacing.h"

namespace LAMMPS_NS {

/// layer/spacing/kk: each layer's first atom and sums where LAMMPS' Kokkos data are
template <class DeviceType>
class ComputeLayerSpacingKokkos : public ComputeLayerSpacing {
public:
  ComputeLayerSpacingKokkos(class LAMMPS *, int, char **);
};

}    // namespace LAMMPS_NS
