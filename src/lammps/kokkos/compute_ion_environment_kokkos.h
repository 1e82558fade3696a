// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "kokkos_compat.h"

#include "lammps/compute_ion_environment.h"

#include <memory>

namespace LAMMPS_NS {

/// ion/environment/kk: neighbors where LAMMPS' Kokkos data are. With `volume` all is done on the
/// host, the way of the plain style.
template <class DeviceType>
class ComputeIonEnvironmentKokkos : public ComputeIonEnvironment {
public:
  ComputeIonEnvironmentKokkos(class LAMMPS *, int, char **);
  ~ComputeIonEnvironmentKokkos() override;
  void init() override;

protected:
  void fill_rows() override;

private:
  struct DeviceImpl;
  std::unique_ptr<DeviceImpl> device;
};

}    // namespace LAMMPS_NS
