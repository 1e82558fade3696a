// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Energies of rows and gradients of edges to tallies of atoms, by Kokkos loops. The plain twins are
/// scatter_energy() and scatter_edges() of core, which also say what is added where.
#pragma once

#include "device_edges.h"

#include <Kokkos_ScatterView.hpp>

#include <type_traits>

namespace natrolite {

/// Sums of one tensor, xx yy zz xy xz yz.
struct SixSums {
  double v[6] = {};
  KOKKOS_INLINE_FUNCTION void operator+=(const SixSums &other)
  {
    for (int k = 0; k < 6; ++k) v[k] += other.v[k];
  }
};

/// Tallies per atom, [atom][N]; an empty one is not wanted.
template <class Device, int N>
using Tally = Kokkos::View<double *[N], Kokkos::LayoutRight, Device>;

/// Returns scale * sum of the owned rows' energies; adds each to its atom's tally.
template <class Device>
double scatter_energy(const DeviceRows<Device> &rows, const double *energy, double scale,
                      const Tally<Device, 1> &energy_atom)
{
  const auto atom_of_row = rows.atom_of_row;
  const bool peratom = energy_atom.extent(0) > 0;
  double total = 0.0;
  Kokkos::parallel_reduce(
      "natrolite: energies", Kokkos::RangePolicy<Device>(0, rows.nowned),
      KOKKOS_LAMBDA(const std::int64_t row, double &sum) {
        if (peratom) energy_atom(atom_of_row(row), 0) += scale * energy[row];
        sum += energy[row];
      },
      total);
  return scale * total;
}

/// Adds the gradient of one edge to the tallies of its atoms.
template <class Forces, class Virials, class Centroids, class Ints, class Longs, class Doubles>
struct EdgeScatter {
  using value_type = SixSums;
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

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t e, SixSums &sum) const
  {
    const int i = atom_of_row(index(e)), j = atom_of_row(index(size + e));
    const auto f = forces.access();
    double g[3], v[3], w[9];
    for (int d = 0; d < 3; ++d) {
      g[d] = scale * gradient[3 * e + d];
      v[d] = vectors(3 * e + d);
      f(i, d) += g[d];
      f(j, d) -= g[d];
    }
    if (!virials) return;
    edge_virial(v, g, w);
    for (int k = 0; k < 6; ++k) sum.v[k] += w[k];
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
  /// without virials
  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t e) const
  {
    SixSums none;
    (*this)(e, none);
  }
};

/// Returns the virial if wanted; if not, nothing waits for the device. \param force [atom][3]
/// With `Duplication` ScatterDuplicated every thread adds to a copy of its own: the same sums in
/// every run, and no atomic operations.
template <class Duplication, class Device, class Forces>
SixSums scatter_edges(const DeviceRows<Device> &rows, const DeviceEdges<Device> &edges,
                      const double *gradient, double scale, bool virials, const Forces &force,
                      const Tally<Device, 6> &virial_atom, const Tally<Device, 9> &centroid_atom)
{
  using Kokkos::Experimental::ScatterSum;
  const auto forces = Kokkos::Experimental::create_scatter_view<ScatterSum, Duplication>(force);
  const auto virials6 =
      Kokkos::Experimental::create_scatter_view<ScatterSum, Duplication>(virial_atom);
  const auto virials9 =
      Kokkos::Experimental::create_scatter_view<ScatterSum, Duplication>(centroid_atom);
  const bool peratom = virial_atom.extent(0) > 0, centroid = centroid_atom.extent(0) > 0;
  const EdgeScatter<std::decay_t<decltype(forces)>, std::decay_t<decltype(virials6)>,
                    std::decay_t<decltype(virials9)>, Array<int, Device>,
                    Array<std::int64_t, Device>, Array<double, Device>>
      scatter{forces,           virials6,    virials9,      virials,    peratom,  centroid,
              rows.atom_of_row, edges.index, edges.vectors, edges.size, gradient, scale};
  const Kokkos::RangePolicy<Device> range(0, edges.size);
  SixSums total;
  if (virials)
    Kokkos::parallel_reduce("natrolite: forces and virials", range, scatter, total);
  else
    Kokkos::parallel_for("natrolite: forces", range, scatter);
  const auto add_up = [](auto to, const auto &from) {    // Kokkos 4 takes no const view
    Kokkos::Experimental::contribute(to, from);
  };
  add_up(force, forces);
  if (peratom) add_up(virial_atom, virials6);
  if (centroid) add_up(centroid_atom, virials9);
  return total;
}

}    // namespace natrolite
