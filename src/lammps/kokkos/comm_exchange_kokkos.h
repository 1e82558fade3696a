// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The exchange operators with feature rows where the model computes: packed and unpacked there, in
/// LAMMPS' Kokkos message buffers.
#pragma once

#include "lammps/comm_exchange.h"
#include "device_messages.h"
#include "kokkos_style.h"

namespace LAMMPS_NS {

template <class Device>
class CommExchangeKokkos : public CommExchange {
public:
  CommExchangeKokkos(Comm *&comm, Pair *pair, MPI_Comm world, const natrolite::RowMap &map,
                     const natrolite::DeviceRows<Device> &rows) :
      CommExchange(comm, pair, world, map), map_(rows)
  {
  }

  bool on_device() const override { return !ON_HOST<Device>; }

  /// `atoms(k)` is the index of the k-th atom of a message; buf is where Device computes
  template <class Atoms>
  int pack(int n, const Atoms &atoms, double *buf) const
  {
    pack_rows(n, columns(), map_.row_of_atom, atoms, buf);
    finish();
    return n * words_;
  }
  template <class Atoms>
  void replace(int n, const Atoms &atoms, double *buf) const
  {
    replace_rows(n, columns(), map_.row_of_atom, atoms, buf);
    finish();
  }
  template <class Atoms>
  void add(int n, const Atoms &atoms, double *buf) const
  {
    add_to_rows(n, columns(), map_.row_of_atom, atoms, buf);
    finish();
  }

private:
  natrolite::Columns columns() const
  {
    return {rows_.data, rows_.width, begin_, count_, rows_.element_bytes, words_};
  }
  /// On a GPU LAMMPS fences before it sends to another rank, and all else is in the order of one
  /// stream; on the host the caller goes on at once.
  static void finish()
  {
    if constexpr (ON_HOST<Device>) Device().fence();
  }

  const natrolite::DeviceRows<Device> &map_;
};

}    // namespace LAMMPS_NS
