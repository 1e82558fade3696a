// SPDX-License-Identifier: GPL-2.0-only
#include "compute_layer_spacing_kokkos.h"

#include "lammps/lammps_data.h"
#include "device_layers.h"
#include "kokkos_style.h"

#include "atom_kokkos.h"
#include "atom_masks.h"
#include "domain.h"

using namespace LAMMPS_NS;
using natrolite::Array;
using natrolite::Vec3;

namespace {

template <class Device>
class LayerGatherKokkos : public LayerGather {
public:
  explicit LayerGatherKokkos(const LayerGather &plain) :
      LayerGather(plain), atoms_(static_cast<AtomKokkos *>(atom))
  {
  }

protected:
  std::vector<FirstAtom> first_atoms() override;
  std::vector<natrolite::LayerSums> add_up(const std::vector<Vec3> &, bool) override;

private:
  static constexpr ExecutionSpace SPACE = ExecutionSpaceFromDevice<Device>::space;
  using Groups = std::decay_t<decltype(std::declval<AtomKokkos>().k_mask.template view<Device>())>;
  using Tags = std::decay_t<decltype(std::declval<AtomKokkos>().k_tag.template view<Device>())>;
  using Types = std::decay_t<decltype(std::declval<AtomKokkos>().k_type.template view<Device>())>;
  using Masses = std::decay_t<decltype(std::declval<AtomKokkos>().k_rmass.template view<Device>())>;
  using Layer = natrolite::DeviceLayer<Device, Groups, Tags>;
  using Weights = natrolite::DeviceWeights<Device, Types, Masses>;

  Layer layer(int l) const;
  Weights weights(bool by_mass) const;

  AtomKokkos *atoms_;
  Array<int, Device> layer_of_atom_;
};

template <class Device>
auto LayerGatherKokkos<Device>::layer(int l) const -> Layer
{
  return {test(l), atoms_->k_mask.template view<Device>(), atoms_->k_tag.template view<Device>(),
          layer_of_atom_};
}

template <class Device>
auto LayerGatherKokkos<Device>::weights(bool by_mass) const -> Weights
{
  Weights w;
  w.by_mass = by_mass;
  w.own = atom->rmass != nullptr;
  if (!by_mass) return w;
  atoms_->sync(SPACE, TYPE_MASK | RMASS_MASK);
  w.type = atoms_->k_type.template view<Device>();
  w.own_mass = atoms_->k_rmass.template view<Device>();
  if (!w.own) natrolite::copy_in(w.of_type, std::vector<double>(atom->mass, atom->mass + atom->ntypes + 1));
  return w;
}

template <class Device>
auto LayerGatherKokkos<Device>::first_atoms() -> std::vector<FirstAtom>
{
  atoms_->sync(SPACE, X_MASK | MASK_MASK | TAG_MASK);
  natrolite::copy_in(layer_of_atom_, layer_of_atom());
  std::vector<FirstAtom> first(count());
  std::vector<int> owner(count(), -1);
  for (int l = 0; l < count(); ++l) {
    const auto lowest = natrolite::lowest_tag<Device>(layer(l), atom->nlocal);
    first[l].tag = lowest.val;
    if (lowest.val != MAXTAGINT) owner[l] = lowest.loc;
  }
  const std::vector<double> x = natrolite::positions_of<Device>(owner, atoms_->k_x.template view<Device>());
  for (int l = 0; l < count(); ++l) first[l].x = {x[3 * l], x[3 * l + 1], x[3 * l + 2]};
  return first;
}

template <class Device>
std::vector<natrolite::LayerSums> LayerGatherKokkos<Device>::add_up(const std::vector<Vec3> &reference,
                                                                    bool by_mass)
{
  const natrolite::Cell cell = cell_of(domain);
  const Weights weight = weights(by_mass);
  std::vector<natrolite::LayerSums> sums;
  for (int l = 0; l < count(); ++l)
    sums.push_back(natrolite::layer_sums<Device>(layer(l), atoms_->k_x.template view<Device>(), weight, cell,
                                                 reference[l], atom->nlocal));
  return sums;
}

}    // namespace

template <class DeviceType>
ComputeLayerSpacingKokkos<DeviceType>::ComputeLayerSpacingKokkos(LAMMPS *lmp, int narg, char **arg) :
    ComputeLayerSpacing(lmp, narg, arg)
{
  need_kokkos(lmp, "Compute layer/spacing");
  layers = std::make_unique<LayerGatherKokkos<DeviceType>>(*layers);
  kokkosable = 1;
  execution_space = ExecutionSpaceFromDevice<DeviceType>::space;
  datamask_read = X_MASK | MASK_MASK | TAG_MASK | TYPE_MASK | RMASS_MASK;
  datamask_modify = EMPTY_MASK;
}

namespace LAMMPS_NS {
template class ComputeLayerSpacingKokkos<LMPDeviceType>;
#ifdef LMP_KOKKOS_GPU
template class ComputeLayerSpacingKokkos<LMPHostType>;
#endif
}    // namespace LAMMPS_NS
