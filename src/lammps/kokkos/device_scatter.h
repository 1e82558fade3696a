// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Energies of rows and gradients of edges to tallies of atoms, by Kokkos loops. The plain twins are
/// scatter_energy() and scatter_edges() of core, which also say what is added where.
#pragma once

#include "device_edges.h"

#include <Kokkos_ScatterView.hpp>

#include <type_traits>

namespace natrolite {

/// Sums over edges.
struct EdgeSums {
  double virial[6] = {};    ///< xx yy zz xy xz yz
  double all = 0.0;         ///< of the gradients: not finite if any of them is not
  KOKKOS_INLINE_FUNCTION void operator+=(const EdgeSums &other)
  {
    for (int k = 0; k < 6; ++k) virial[k] += other.virial[k];
    all += other.all;
  }
};

/// Sums over owned rows.
struct RowSums {
  double energy = 0.0;
  double all = 0.0;    ///< of energies and coordinates: not finite if any of them is not
  KOKKOS_INLINE_FUNCTION void operator+=(const RowSums &other)
  {
    energy += other.energy;
    all += other.all;
  }
};

/// Tallies per atom, [atom][N]; an empty one is not wanted.
template <class Device, int N>
using Tally = Kokkos::View<double *[N], Kokkos::LayoutRight, Device>;

/// Adds scale * energy of each owned row to its atom's tally. \param x [atom][3]
template <class Device, class Positions>
RowSums scatter_energy(const DeviceRows<Device> &rows, const double *energy, double scale, const Positions &x,
                       const Tally<Device, 1> &energy_atom)
{
  const auto atom_of_row = rows.atom_of_row;
  const bool peratom = energy_atom.extent(0) > 0;
  RowSums total;
  Kokkos::parallel_reduce(
      "natrolite: energies", Kokkos::RangePolicy<Device>(0, rows.nowned),
      KOKKOS_LAMBDA(const std::int64_t row, RowSums &sum) {
        const int i = atom_of_row(row);
        const double e = scale * energy[row];
        if (peratom) energy_atom(i, 0) += e;
        sum += RowSums{e, e + x(i, 0) + x(i, 1) + x(i, 2)};
      },
      total);
  return total;
}

/// Adds the gradient of one edge to the tallies of its atoms.
template <class Forces, class Virials, class Centroids, class Ints, class Longs, class Doubles>
struct EdgeScatter {
  using value_type = EdgeSums;
  Forces forces;
  Virials virial_atom;
  Centroids centroid_atom;
  bool virials, peratom, centroid;
  Ints atom_of_row;
  Longs index;
  Doubles vectors;
  std::int64_t size;
  const double *gradient;
  double scale;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t e, EdgeSums &sum) const
  {
    const int i = atom_of_row(index(e)), j = atom_of_row(index(size + e));
    const auto f = forces.access();
    double g[3], v[3], w[9];
    for (int d = 0; d < 3; ++d) {
      g[d] = scale * gradient[3 * e + d];
      v[d] = vectors(3 * e + d);
      f(i, d) += g[d];
      f(j, d) -= g[d];
      sum.all += g[d];
    }
    if (!virials) return;
    edge_virial(v, g, w);
    for (int k = 0; k < 6; ++k) sum.virial[k] += w[k];
    if (peratom) {
      const auto a = virial_atom.access();
      for (int k = 0; k < 6; ++k) {
        a(i, k) += 0.5 * w[k];
        a(j, k) += 0.5 * w[k];
      }
    }
    if (centroid) {
      const auto a = centroid_atom.access();
      for (int k = 0; k < 9; ++k) a(j, k) += w[k];
    }
  }
};

/// Returns the virial if wanted. \param force [atom][3]
/// With `Duplication` ScatterDuplicated every thread adds to a copy of its own: the same sums in
/// every run, and no atomic operations.
template <class Duplication, class Device, class Forces>
EdgeSums scatter_edges(const DeviceRows<Device> &rows, const DeviceEdges<Device> &edges,
                       const double *gradient, double scale, bool virials, const Forces &force,
                       const Tally<Device, 6> &virial_atom, const Tally<Device, 9> &centroid_atom)
{
  using Kokkos::Experimental::ScatterSum;
  const auto forces = Kokkos::Experimental::create_scatter_view<ScatterSum, Duplication>(force);
  const auto virials6 = Kokkos::Experimental::create_scatter_view<ScatterSum, Duplication>(virial_atom);
  const auto virials9 = Kokkos::Experimental::create_scatter_view<ScatterSum, Duplication>(centroid_atom);
  const bool peratom = virial_atom.extent(0) > 0, centroid = centroid_atom.extent(0) > 0;
  const EdgeScatter<std::decay_t<decltype(forces)>, std::decay_t<decltype(virials6)>,
                    std::decay_t<decltype(virials9)>, Array<int, Device>, Array<std::int64_t, Device>,
                    Array<double, Device>>
      scatter{forces,           virials6,    virials9,      virials,    peratom,  centroid,
              rows.atom_of_row, edges.index, edges.vectors, edges.size, gradient, scale};
  const Kokkos::RangePolicy<Device> range(0, edges.size);
  EdgeSums total;
  Kokkos::parallel_reduce("natrolite: forces and virials", range, scatter, total);
  const auto add_up = [](auto to, const auto &from) {    // Kokkos 4 takes no const view
    Kokkos::Experimental::contribute(to, from);
  };
  add_up(force, forces);
  if (peratom) add_up(virial_atom, virials6);
  if (centroid) add_up(centroid_atom, virials9);
  return total;
}

}    // namespace natrolite
