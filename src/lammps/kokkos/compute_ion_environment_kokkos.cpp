// SPDX-License-Identifier: GPL-2.0-only
#include "compute_ion_environment_kokkos.h"

#include "device_environment.h"
#include "lammps/ion_environment_state.h"
#include "kokkos_style.h"

#include "atom_kokkos.h"
#include "atom_masks.h"
#include "comm.h"
#include "domain.h"
#include "neighbor.h"

using namespace LAMMPS_NS;

template <class DeviceType>
struct ComputeIonEnvironmentKokkos<DeviceType>::DeviceImpl {
  AtomKokkos *atoms = nullptr;
  natrolite::Tally<DeviceType, 6> rows;
};

template <class DeviceType>
ComputeIonEnvironmentKokkos<DeviceType>::ComputeIonEnvironmentKokkos(LAMMPS *lmp, int narg, char **arg) :
    ComputeIonEnvironment(lmp, narg, arg), device(std::make_unique<DeviceImpl>())
{
  need_kokkos(lmp, "Compute ion/environment");
  device->atoms = static_cast<AtomKokkos *>(atom);
  kokkosable = 1;
  execution_space = impl->with_volume ? Host : ExecutionSpaceFromDevice<DeviceType>::space;
  // also what the neighbor list is built from
  datamask_read = X_MASK | MASK_MASK | TYPE_MASK | TAG_MASK | SPECIAL_MASK | MOLECULE_MASK;
  datamask_modify = EMPTY_MASK;
}

template <class DeviceType>
ComputeIonEnvironmentKokkos<DeviceType>::~ComputeIonEnvironmentKokkos() = default;

template <class DeviceType>
void ComputeIonEnvironmentKokkos<DeviceType>::init()
{
  device->atoms->sync(Host, MASK_MASK | TYPE_MASK);
  ComputeIonEnvironment::init();
  if (!impl->with_volume) request_where<DeviceType>(neighbor->find_request(this));
}

template <class DeviceType>
void ComputeIonEnvironmentKokkos<DeviceType>::fill_rows()
{
  DeviceImpl &d = *device;
  d.atoms->sync(Host, MASK_MASK);    // of the averages
  if (impl->with_volume) {
    d.atoms->sync(Host, datamask_read);
    return ComputeIonEnvironment::fill_rows();
  }
  if (domain->deform_flag) comm->forward_comm();    // why: see the plain style
  d.atoms->sync(execution_space, datamask_read);
  neighbor->build_one(impl->list);
  const auto &neighbors = *static_cast<NeighListKokkos<DeviceType> *>(impl->list);
  const HostTally<DeviceType, 6> rows(array_atom[0], atom->nlocal, d.rows);
  natrolite::fill_environment<DeviceType>(
      ListView<DeviceType>(neighbors), neighbors.inum, NEIGHMASK, d.atoms->k_x.template view<DeviceType>(),
      d.atoms->k_mask.template view<DeviceType>(), impl->rules, rows.view());
  rows.finish();
}

namespace LAMMPS_NS {
template class ComputeIonEnvironmentKokkos<LMPDeviceType>;
#ifdef LMP_KOKKOS_GPU
template class ComputeIonEnvironmentKokkos<LMPHostType>;
#endif
}    // namespace LAMMPS_NS
