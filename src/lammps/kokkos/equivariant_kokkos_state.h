// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// State of PairEquivariantKokkos, and what it borrows while a model evaluates.
#pragma once

#include "comm_exchange_kokkos.h"
#include "device_edges.h"
#include "device_scatter.h"
#include "kokkos_style.h"
#include "lammps/equivariant_state.h"
#include "pair_equivariant_kokkos.h"

#include <memory>
#include <utility>
#include <vector>

namespace LAMMPS_NS {

/// Gives a variable another value while it lives. With execution_space = Host LAMMPS takes the
/// pair style for one of the host and packs its messages there.
template <class T>
class ScopedValue {
public:
  ScopedValue(T &variable, T value) : variable_(variable), before_(std::exchange(variable, value)) {}
  ~ScopedValue() { variable_ = before_; }
  ScopedValue(const ScopedValue &) = delete;
  ScopedValue &operator=(const ScopedValue &) = delete;

private:
  T &variable_;
  T before_;
};

/// The stream that Kokkos computes on, which the engine computes on as well; null on the host, where
/// all that was started has ended.
template <class Device>
void *stream_of(const Device &space)
{
  if constexpr (ON_HOST<Device>) {
    space.fence();
    return nullptr;
  } else {
#if defined(KOKKOS_ENABLE_CUDA)
    return space.cuda_stream();
#elif defined(KOKKOS_ENABLE_HIP)
    return space.hip_stream();
#endif
  }
}

template <class DeviceType>
struct PairEquivariantKokkos<DeviceType>::DeviceImpl {
  AtomKokkos *atoms = nullptr;
  natrolite::DeviceRows<DeviceType> rows;
  natrolite::DeviceEdges<DeviceType> edges;
  natrolite::Array<int, DeviceType> model_type;
  natrolite::Array<int, DeviceType> owner, types;    ///< of the plain style
  natrolite::Array<double, DeviceType> squared_cutoffs;
  int ntypes = 0;    ///< of the model
  std::unique_ptr<CommExchangeKokkos<DeviceType>> exchange;
  bool exchanging = false;        ///< LAMMPS' messages are those of `exchange`
  bool rows_on_host = false;      ///< impl->rows is a copy of rows
  bool fields_on_host = false;    ///< impl->result points to copies, but for the gradient
  natrolite::Tally<DeviceType, 1> energy_atom;
  natrolite::Tally<DeviceType, 6> virial_atom;
  natrolite::Tally<DeviceType, 9> centroid_atom;
  std::vector<double> energy, gradient;    ///< what impl->result points to then
  std::vector<std::vector<double>> peratom;
};

}    // namespace LAMMPS_NS
