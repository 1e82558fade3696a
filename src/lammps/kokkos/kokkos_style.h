// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What the /kk styles share: whether KOKKOS is on, where neighbor lists are, and LAMMPS' lists and
/// per-atom arrays as device loops take them.
#pragma once

#include "device_scatter.h"
#include "kokkos_compat.h"

#include "error.h"
#include "info.h"
#include "kokkos.h"
#include "lammps.h"
#include "neigh_list_kokkos.h"
#include "neigh_request.h"

#include <string>
#include <type_traits>
#include <utility>

namespace LAMMPS_NS {

template <class Device>
constexpr bool ON_HOST = std::is_same_v<Device, LMPHostType>;

template <class T>
using OnHost = Kokkos::View<T *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>;

/// what LAMMPS calls the precision that this file is compiled for
#if defined(LMP_KOKKOS_SINGLE_SINGLE)
constexpr auto KOKKOS_PRECISION = "single";
#elif defined(LMP_KOKKOS_SINGLE_DOUBLE)
constexpr auto KOKKOS_PRECISION = "mixed";
#else
constexpr auto KOKKOS_PRECISION = "double";
#endif

/// Stops with one line where LAMMPS runs without KOKKOS or with another than this plugin was built
/// for. \param style "Pair style equivariant"
inline void need_kokkos(LAMMPS *lmp, const std::string &style)
{
  if (!lmp->kokkos || !lmp->kokkos->kokkos_exists)
    lmp->error->all(FLERR, "{}/kk needs KOKKOS: run lmp with '-k on'", style);
  if (!Kokkos::is_initialized())
    lmp->error->all(FLERR,
                    "{}/kk has a Kokkos of its own beside that of LAMMPS: build both with the same "
                    "shared Kokkos (EXTERNAL_KOKKOS)",
                    style);
  if (!Info::has_accelerator_feature("KOKKOS", "precision", KOKKOS_PRECISION))
    lmp->error->all(FLERR,
                    "{}/kk was built for KOKKOS_PREC={}, this LAMMPS was not: give the "
                    "-DLAMMPS_BINARY_DIR of this LAMMPS and build again",
                    style, KOKKOS_PRECISION);
}

/// Asks for the list where Device computes.
template <class Device>
void request_where(NeighRequest *request)
{
  constexpr bool on_device = std::is_same_v<Device, LMPDeviceType>;
  request->set_kokkos_host(!on_device);
  request->set_kokkos_device(on_device);
}

/// a neighbor list as device loops take it
template <class Device>
struct ListView {
  decltype(NeighListKokkos<Device>::d_neighbors) d_neighbors;
  decltype(NeighListKokkos<Device>::d_numneigh) d_numneigh;
  decltype(NeighListKokkos<Device>::d_ilist) d_ilist;

  explicit ListView(const NeighListKokkos<Device> &list) :
      d_neighbors(list.d_neighbors), d_numneigh(list.d_numneigh), d_ilist(list.d_ilist)
  {
  }
  KOKKOS_INLINE_FUNCTION int center(int ii) const { return d_ilist(ii); }
  KOKKOS_INLINE_FUNCTION auto neighbors(int i) const
  {
    return NeighListKokkos<Device>::static_neighbors_const(i, d_neighbors, d_numneigh);
  }
  KOKKOS_INLINE_FUNCTION int count(int i) const { return d_numneigh(i); }
};

/// A per-atom array of LAMMPS where Device computes: itself on the host, else zeros that finish()
/// brings there. Null = not wanted.
template <class Device, int N>
class HostTally {
public:
  HostTally(double *host, int n, natrolite::Tally<Device, N> &buffer) : host_(host, host ? n : 0)
  {
    if (!host) return;
    if constexpr (ON_HOST<Device>) {
      view_ = natrolite::Tally<Device, N>(host, n);
    } else {
      natrolite::make_room(buffer, n);
      view_ = Kokkos::subview(buffer, std::make_pair(0, n), Kokkos::ALL);
      Kokkos::deep_copy(view_, 0.0);
    }
  }
  const natrolite::Tally<Device, N> &view() const { return view_; }
  void finish() const
  {
    if constexpr (!ON_HOST<Device>)
      if (host_.extent(0) > 0) Kokkos::deep_copy(host_, view_);
  }

private:
  Kokkos::View<double *[N], Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> host_;
  natrolite::Tally<Device, N> view_;
};

}    // namespace LAMMPS_NS
