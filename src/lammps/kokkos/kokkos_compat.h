// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Names of LAMMPS' Kokkos types, which differ between its releases (4Feb2025 to 4Jul2026 tried).
#pragma once

#include "kokkos_base.h"
#include "kokkos_type.h"

namespace LAMMPS_NS::compat {

template <class Method>
struct PackArguments;
template <class L, class B>
struct PackArguments<int (KokkosBase::*)(int, L, B &, int, int *)> {
  using List = L;
  using Buffer = B;
};
using Pack = PackArguments<decltype(&KokkosBase::pack_forward_comm_kokkos)>;
using SendList = Pack::List;        ///< dual view of atom indices
using CommBuffer = Pack::Buffer;    ///< dual view of doubles

/// does LAMMPS pack and unpack messages of pair styles on the host, whatever the pair style is?
template <class Package>
bool packs_on_host(const Package &package)
{
  if constexpr (requires { package.forward_pair_comm_legacy; })
    return package.forward_pair_comm_legacy || package.reverse_pair_comm_legacy;
  else
    return package.forward_pair_comm_classic || package.reverse_pair_comm_classic;
}

}    // namespace LAMMPS_NS::compat
