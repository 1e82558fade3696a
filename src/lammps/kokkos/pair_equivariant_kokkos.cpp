// SPDX-License-Identifier: GPL-2.0-only
#include "pair_equivariant_kokkos.h"

#include "equivariant_kokkos_state.h"

#include "atom_kokkos.h"
#include "atom_masks.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "neighbor.h"

#include <utility>

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

template <class DeviceType>
PairEquivariantKokkos<DeviceType>::PairEquivariantKokkos(LAMMPS *lmp) :
    PairEquivariant(lmp), device(std::make_unique<DeviceImpl>())
{
  need_kokkos(lmp, "Pair style equivariant");
  device->atoms = static_cast<AtomKokkos *>(atom);
  device->exchange =
      std::make_unique<CommExchangeKokkos<DeviceType>>(comm, this, world, impl->rows, device->rows);
  kokkosable = 1;
  reverse_comm_device = 1;
}

template <class DeviceType>
PairEquivariantKokkos<DeviceType>::~PairEquivariantKokkos() = default;

/// that of Kokkos, also for kk/host with device auto; -1 = Kokkos has none
template <class DeviceType>
int PairEquivariantKokkos<DeviceType>::gpu() const
{
#if defined(KOKKOS_ENABLE_CUDA)
  return LMPDeviceType().cuda_device();
#elif defined(KOKKOS_ENABLE_HIP)
  return LMPDeviceType().hip_device();
#else
  return -1;
#endif
}

/// the ways of the plain style that have no device form
template <class DeviceType>
bool PairEquivariantKokkos<DeviceType>::host_only() const
{
  if (impl->mode == Mode::shell) return true;
  for (const natrolite::Metadata *m : members())
    if (m->one_rank) return true;    // gives forces instead of edge gradients
  return false;
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::init_style()
{
  if (!force->newton_pair)    // KOKKOS' default on GPUs
    error->all(FLERR, "Pair style equivariant/kk needs newton pair on: use 'package kokkos newton on "
                      "neigh half' (or switch -pk), or remove 'newton off'");
  PairEquivariant::init_style();
  execution_space = Host;
  datamask_read = datamask_modify = ALL_MASK;
  if (host_only()) return;
  if (!ON_HOST<DeviceType> && impl->model->device().find("cpu") == 0)
    error->all(FLERR,
               "Pair style equivariant/kk computes on a GPU but model file {} on {}: use device cuda "
               "with a CUDA build of LibTorch, or pair style equivariant",
               impl->file, impl->model->device());
  execution_space = ExecutionSpaceFromDevice<DeviceType>::space;
  datamask_read = X_MASK | F_MASK | TYPE_MASK | MASK_MASK | ENERGY_MASK | VIRIAL_MASK;
  datamask_modify = F_MASK | ENERGY_MASK | VIRIAL_MASK;
  request_where<DeviceType>(neighbor->find_request(this));

  natrolite::copy_in(device->model_type, impl->model_type);
  const natrolite::PairCutoffs &cutoffs = impl->cutoffs;
  device->ntypes = cutoffs.ntypes();
  std::vector<double> squared;
  for (int i = 0; i < cutoffs.ntypes(); ++i)
    for (int j = 0; j < cutoffs.ntypes(); ++j) squared.push_back(cutoffs.squared(i, j));
  natrolite::copy_in(device->squared_cutoffs, squared);
}

/* ---------------------------------------------------------------------- */

/// On a GPU both copies count: fixes of the host change types without a word to KOKKOS.
template <class DeviceType>
bool PairEquivariantKokkos<DeviceType>::own_types_changed() const
{
  if ((host_only() || !ON_HOST<DeviceType>) && PairEquivariant::own_types_changed()) return true;
  if (host_only()) return false;
  return natrolite::differ(device->atoms->k_type.template view<DeviceType>(), device->types, atom->nlocal);
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::compute(int eflag, int vflag)
{
  if (host_only()) return PairEquivariant::compute(eflag, vflag);
  ev_init(eflag, vflag);
  DeviceImpl &d = *device;
  d.atoms->sync(execution_space, X_MASK | F_MASK | TYPE_MASK | MASK_MASK);
  if (atoms_changed()) refresh_device_rows();
  const auto &neighbors = *static_cast<NeighListKokkos<DeviceType> *>(list);
  build_edges(ListView<DeviceType>(neighbors), NEIGHMASK, d.atoms->k_x.template view<DeviceType>(), d.rows,
              d.squared_cutoffs, d.ntypes, d.edges);
  update_electrons();
  evaluate_on_device();
  d.fields_on_host = false;
  impl->to_store = true;
  check_finite(scatter());
  d.atoms->modified(execution_space, F_MASK);
  begin_evaluation();
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::judge()
{
  if (host_only()) return PairEquivariant::judge();
  bring_edges();
  const ScopedValue scope(execution_space, Host);
  PairEquivariant::judge();
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::refresh_device_rows()
{
  DeviceImpl &d = *device;
  d.atoms->sync(Host, TYPE_MASK | MASK_MASK | TAG_MASK | SPECIAL_MASK);
  {
    const ScopedValue scope(execution_space, Host);
    read_atoms();
  }
  natrolite::copy_in(d.types, impl->types);
  d.owner = {};
  if (impl->mode == Mode::folded) natrolite::copy_in(d.owner, impl->owner);
  const auto &neighbors = *static_cast<NeighListKokkos<DeviceType> *>(list);
  build_rows(ListView<DeviceType>(neighbors), neighbors.inum, d.types,
             d.atoms->k_mask.template view<DeviceType>(), d.model_type, d.owner, atom->nlocal,
             atom->nlocal + atom->nghost, d.rows);
  d.rows_on_host = false;
}

template <class DeviceType>
natrolite::Graph PairEquivariantKokkos<DeviceType>::device_graph() const
{
  const DeviceImpl &d = *device;
  natrolite::Graph graph = graph_of_step();
  graph.nowned = graph.nlocal = d.rows.nowned;
  graph.nall = d.rows.nall;
  graph.nedges = d.edges.size;
  graph.compact = nullptr;
  graph.edge_vec = d.edges.vectors.data();
  graph.edge_index = d.edges.index.data();
  graph.types = d.rows.types.data();
  graph.on_device = !ON_HOST<DeviceType>;
  graph.stream = stream_of(DeviceType());
  return graph;
}

/// Rows travel by device messages, except where LAMMPS packs on the host for every pair style.
template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::evaluate_on_device()
{
  DeviceImpl &d = *device;
  const bool by_host =
      !ON_HOST<DeviceType> && (comm->style != Comm::BRICK || compat::packs_on_host(*lmp->kokkos));
  if (by_host) {
    bring_rows();
    const ScopedValue scope(execution_space, Host);
    return evaluate(*impl->model, impl->file, device_graph(), *impl->exchange, impl->result);
  }
  const ScopedValue scope(d.exchanging, true);
  evaluate(*impl->model, impl->file, device_graph(), *d.exchange, impl->result);
}

/// returns the sum of all positions, energies and gradients
template <class DeviceType>
double PairEquivariantKokkos<DeviceType>::scatter()
{
  DeviceImpl &d = *device;
  const int n = atom->nlocal + atom->nghost;
  const HostTally<DeviceType, 1> energy(eflag_atom ? eatom : nullptr, n, d.energy_atom);
  const HostTally<DeviceType, 6> virials(vflag_atom ? vatom[0] : nullptr, n, d.virial_atom);
  const HostTally<DeviceType, 9> centroids(cvflag_atom ? cvatom[0] : nullptr, n, d.centroid_atom);
  const natrolite::RowSums rows = scatter_energy(d.rows, impl->result.energy, impl->energy_scale,
                                                 d.atoms->k_x.template view<DeviceType>(), energy.view());
  if (eflag_global) eng_vdwl += rows.energy;
  const auto sums = natrolite::scatter_edges<NeedDup_v<HALFTHREAD, DeviceType>>(
      d.rows, d.edges, impl->result.edge_gradient, impl->energy_scale, vflag_either != 0,
      d.atoms->k_f.template view<DeviceType>(), virials.view(), centroids.view());
  if (vflag_global)
    for (int k = 0; k < 6; ++k) virial[k] += sums.virial[k];
  energy.finish();
  virials.finish();
  centroids.finish();
  return rows.all + sums.all;
}

/* copies on the host, for what is asked for now and then ------------------------ */

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::bring_rows()
{
  if (!device->rows_on_host) device->rows.copy_to(impl->rows);
  device->rows_on_host = true;
}

/// n numbers of a result; `from` points to the copy then
template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::bring(const double *&from, std::int64_t n, std::vector<double> &to)
{
  if constexpr (!ON_HOST<DeviceType>) {
    to.resize(n);
    const Kokkos::View<const double *, DeviceType, Kokkos::MemoryUnmanaged> there(from, n);
    Kokkos::deep_copy(OnHost<double>(to.data(), n), there);
    from = to.data();
  }
}

/// with their gradients and what is said of them, once in an evaluation
template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::bring_edges()
{
  if (host_only()) return;
  DeviceImpl &d = *device;
  d.atoms->sync(Host, X_MASK | TAG_MASK);
  bring_fields();
  std::vector<double> vectors;
  std::vector<std::int64_t> index;
  natrolite::copy_out(d.edges.vectors, 3 * d.edges.size, vectors);
  natrolite::copy_out(d.edges.index, 2 * d.edges.size, index);
  impl->edges.assign(d.edges.size, vectors.data(), index.data());
  bring(impl->result.edge_gradient, 3 * d.edges.size, d.gradient);
}

/// rows, energies and other outputs, once in a step
template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::bring_fields()
{
  DeviceImpl &d = *device;
  if (host_only() || std::exchange(d.fields_on_host, true)) return;
  bring_rows();
  natrolite::Evaluation &result = impl->result;
  bring(result.energy, d.rows.nowned, d.energy);
  d.peratom.resize(result.peratom.size());
  for (std::size_t k = 0; k < d.peratom.size(); ++k)
    bring(result.peratom[k].data, d.rows.nowned * result.peratom[k].width, d.peratom[k]);
}

/// whatever a compute or function of a variable may read
template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::bring_what_variables_read()
{
  device->atoms->sync(Host, ALL_MASK);
}

/* messages: LAMMPS calls the first four for styles of a GPU, the others for styles of the host --- */

template <class DeviceType>
int PairEquivariantKokkos<DeviceType>::pack_forward_comm_kokkos(int n, compat::SendList list,
                                                                compat::CommBuffer &buf, int, int *)
{
  const auto atoms = list.template view<DeviceType>();
  return device->exchange->pack(n, natrolite::FromList<decltype(atoms)>{atoms},
                                buf.template view<DeviceType>().data());
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::unpack_forward_comm_kokkos(int n, int first, compat::CommBuffer &buf)
{
  device->exchange->replace(n, natrolite::FromFirst{first}, buf.template view<DeviceType>().data());
}

template <class DeviceType>
int PairEquivariantKokkos<DeviceType>::pack_reverse_comm_kokkos(int n, int first, compat::CommBuffer &buf)
{
  return device->exchange->pack(n, natrolite::FromFirst{first}, buf.template view<DeviceType>().data());
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::unpack_reverse_comm_kokkos(int n, compat::SendList list,
                                                                   compat::CommBuffer &buf)
{
  const auto atoms = list.template view<DeviceType>();
  device->exchange->add(n, natrolite::FromList<decltype(atoms)>{atoms},
                        buf.template view<DeviceType>().data());
}

namespace {
natrolite::FromList<OnHost<const int>> listed(int n, const int *atoms)
{
  return {OnHost<const int>(atoms, n)};
}
}    // namespace

template <class DeviceType>
int PairEquivariantKokkos<DeviceType>::pack_forward_comm(int n, int *atoms, double *buf, int flag, int *pbc)
{
  if constexpr (ON_HOST<DeviceType>)
    if (device->exchanging) return device->exchange->pack(n, listed(n, atoms), buf);
  return PairEquivariant::pack_forward_comm(n, atoms, buf, flag, pbc);
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::unpack_forward_comm(int n, int first, double *buf)
{
  if constexpr (ON_HOST<DeviceType>)
    if (device->exchanging) return device->exchange->replace(n, natrolite::FromFirst{first}, buf);
  PairEquivariant::unpack_forward_comm(n, first, buf);
}

template <class DeviceType>
int PairEquivariantKokkos<DeviceType>::pack_reverse_comm(int n, int first, double *buf)
{
  if constexpr (ON_HOST<DeviceType>)
    if (device->exchanging) return device->exchange->pack(n, natrolite::FromFirst{first}, buf);
  return PairEquivariant::pack_reverse_comm(n, first, buf);
}

template <class DeviceType>
void PairEquivariantKokkos<DeviceType>::unpack_reverse_comm(int n, int *atoms, double *buf)
{
  if constexpr (ON_HOST<DeviceType>)
    if (device->exchanging) return device->exchange->add(n, listed(n, atoms), buf);
  PairEquivariant::unpack_reverse_comm(n, atoms, buf);
}

template <class DeviceType>
double PairEquivariantKokkos<DeviceType>::memory_usage()
{
  const DeviceImpl &d = *device;
  const auto bytes = [](const auto &...views) {
    return (... + static_cast<double>(views.span() * sizeof(views.data()[0])));
  };
  return PairEquivariant::memory_usage() + bytes(d.rows.atom_of_row, d.rows.row_of_atom, d.rows.types,
                                                 d.edges.vectors, d.edges.index, d.edges.first, d.owner,
                                                 d.types, d.energy_atom, d.virial_atom, d.centroid_atom);
}

namespace LAMMPS_NS {
template class PairEquivariantKokkos<LMPDeviceType>;
#ifdef LMP_KOKKOS_GPU
template class PairEquivariantKokkos<LMPHostType>;
#endif
}    // namespace LAMMPS_NS
