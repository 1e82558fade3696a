// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The atoms of one layer, by Kokkos loops over all atoms. The plain twins are those of LayerGather.
#pragma once

#include "device_edges.h"
#include "lammps/layer_gather.h"

#include "core/layers.h"

#include <vector>

namespace natrolite {

/// The layer of an atom, where the atoms are. \param groups, tag [natoms]
template <class Device, class Groups, class Tags>
struct DeviceLayer {
  LAMMPS_NS::LayerTest test;
  Groups groups;
  Tags tag;
  Array<int, Device> layer_of_atom;

  KOKKOS_INLINE_FUNCTION bool has(int i) const
  {
    if (test.bit) return test.in_group(groups(i));
    return test.by_atom(groups(i), layer_of_atom(i));
  }
};

/// How much an atom weighs: its own mass, that of its type, or 1. \param of_type [ntypes + 1]
template <class Device, class Types, class Masses>
struct DeviceWeights {
  bool by_mass = false, own = false;
  Types type;
  Masses own_mass;
  Array<double, Device> of_type;

  KOKKOS_INLINE_FUNCTION double operator()(int i) const
  {
    if (!by_mass) return 1.0;
    return own ? own_mass(i) : of_type(type(i));
  }
};

/// Lowest ID and its atom; `none` of the reducer's identity if [0, n) has no atom of the layer.
template <class Device, class Layer>
Kokkos::ValLocScalar<LAMMPS_NS::tagint, int> lowest_tag(const Layer &layer, int n)
{
  using Lowest = Kokkos::ValLocScalar<LAMMPS_NS::tagint, int>;
  Lowest lowest;
  Kokkos::parallel_reduce(
      "natrolite: lowest ID", Kokkos::RangePolicy<Device>(0, n),
      KOKKOS_LAMBDA(const int i, Lowest &low) {
        if (!layer.has(i) || layer.tag(i) >= low.val) return;
        low.val = layer.tag(i);
        low.loc = i;
      },
      Kokkos::MinLoc<LAMMPS_NS::tagint, int>(lowest));
  return lowest;
}

/// The positions of some atoms, on the host, 3 numbers each; atom -1: zeros.
template <class Device, class Positions>
std::vector<double> positions_of(const std::vector<int> &atoms, const Positions &x)
{
  Array<int, Device> which;
  copy_in(which, atoms);
  const int n = static_cast<int>(atoms.size());
  const Array<double, Device> found("natrolite: positions", 3 * n);
  Kokkos::parallel_for(
      "natrolite: positions", Kokkos::RangePolicy<Device>(0, n), KOKKOS_LAMBDA(const int k) {
        for (int d = 0; d < 3 && which(k) >= 0; ++d) found(3 * k + d) = x(which(k), d);
      });
  std::vector<double> out;
  copy_out(found, 3 * n, out);
  return out;
}

/// The sums of one layer over the atoms [0, n), relative to a reference atom.
template <class Device, class Layer, class Positions, class Weights>
LayerSums layer_sums(const Layer &layer, const Positions &x, const Weights &weight, const Cell &cell,
                     const Vec3 &reference, int n)
{
  LayerSums sums;
  Kokkos::parallel_reduce(
      "natrolite: sums of a layer", Kokkos::RangePolicy<Device>(0, n),
      KOKKOS_LAMBDA(const int i, LayerSums &sum) {
        if (!layer.has(i)) return;
        const Vec3 d = Vec3{x(i, 0), x(i, 1), x(i, 2)} - reference;
        sum.accumulate(minimum_image(cell, d), weight(i));
      },
      sums);
  return sums;
}

}    // namespace natrolite
