// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The neighbors of ions, by a Kokkos loop over the ions. The plain twin is
/// ComputeIonEnvironment::fill_rows().
#pragma once

#include "device_scatter.h"

#include "core/environment.h"
#include "core/vec3.h"

namespace natrolite {

/// Columns of the ions; see fill_row().
/// \param list view of a neighbor list: center(ii) for ii in [0, n), neighbors(i), count(i)
/// \param x [natoms, 3] positions; \param groups [natoms] bits of groups
template <class Device, class List, class Positions, class Groups>
void fill_environment(const List &list, int n, int neighmask, const Positions &x, const Groups &groups,
                      const EnvironmentRules &rules, const Tally<Device, 6> &rows)
{
  Kokkos::parallel_for(
      "natrolite: environment of ions", Kokkos::RangePolicy<Device>(0, n), KOKKOS_LAMBDA(const int ii) {
        const int i = list.center(ii);
        if (!(groups(i) & rules.ion_bit)) return;
        const auto neighbors = list.neighbors(i);
        const int count = list.count(i);
        IonEnvironment around;
        for (int jj = 0; jj < count; ++jj) {
          const int j = neighbors(jj) & neighmask;
          const Vec3 d{x(j, 0) - x(i, 0), x(j, 1) - x(i, 1), x(j, 2) - x(i, 2)};
          add_atom(around, rules, groups(j), dot(d, d));
        }
        fill_row(around, &rows(i, 0));
      });
}

}    // namespace natrolite
