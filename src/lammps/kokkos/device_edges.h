// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Rows of a model's tensors and edges of its graph, built by Kokkos loops where the neighbor list
/// is. The plain twins are core's RowMap and EdgeList.
#pragma once

#include <Kokkos_Core.hpp>    // first: it makes core's functions ones of the device

#include "core/edge_functions.h"
#include "core/edges.h"

#include <cstdint>
#include <vector>

namespace natrolite {

template <class T, class Device>
using Array = Kokkos::View<T *, Device>;

/// Make room for n elements; the old ones are lost if it grows or shrinks. See grown_capacity().
template <class View>
void make_room(View &view, std::int64_t n)
{
  if (!capacity_fits(static_cast<std::int64_t>(view.extent(0)), n))
    Kokkos::realloc(Kokkos::WithoutInitializing, view, grown_capacity(n));
}

template <class T, class Device>
void copy_in(Array<T, Device> &to, const std::vector<T> &from)
{
  make_room(to, static_cast<std::int64_t>(from.size()));
  const Kokkos::View<const T *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> host(from.data(), from.size());
  Kokkos::deep_copy(Kokkos::subview(to, std::make_pair(std::size_t{0}, from.size())), host);
}

template <class T, class Device>
void copy_out(const Array<T, Device> &from, std::int64_t n, std::vector<T> &to)
{
  to.resize(n);
  const Kokkos::View<T *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> host(to.data(), to.size());
  Kokkos::deep_copy(host, Kokkos::subview(from, std::make_pair(std::int64_t{0}, n)));
}

/// the k-th atom of consecutive ones
struct FromFirst {
  int first;
  KOKKOS_INLINE_FUNCTION int operator()(int k) const { return first + k; }
};

/// the k-th center of a neighbor list
template <class List>
struct CenterOf {
  List list;
  KOKKOS_INLINE_FUNCTION int operator()(int k) const { return list.center(k); }
};

/// is any of the first n elements not the same?
template <class Device, class View>
bool differ(const View &a, const Array<int, Device> &b, int n)
{
  int changed = 0;
  Kokkos::parallel_reduce(
      "natrolite: changed types", Kokkos::RangePolicy<Device>(0, n),
      KOKKOS_LAMBDA(const int i, int &sum) { sum += a(i) != b(i); }, changed);
  return changed > 0;
}

/// RowMap on a device: owned atoms of the model in the list's order, then, unless folded, its ghosts.
template <class Device>
struct DeviceRows {
  Array<int, Device> atom_of_row;       ///< [nall]
  Array<int, Device> row_of_atom;       ///< [natoms]; -1 = the atom is not in the model
  Array<std::int64_t, Device> types;    ///< [nall]
  std::int64_t nowned = 0, nall = 0;
  int natoms = 0;    ///< owned and ghost atoms

  void copy_to(RowMap &rows) const
  {
    copy_out(atom_of_row, nall, rows.atom_of_row);
    copy_out(row_of_atom, natoms, rows.row_of_atom);
    copy_out(types, nall, rows.types);
    rows.nlocal = rows.nowned = nowned;
  }
};

/// Give the atoms atom(k), 0 <= k < n, if of the model, the rows from rows.nall on.
template <class Device, class Types, class Groups, class Atom>
void add_rows(const Types &type, const Groups &groups, const Array<int, Device> &model_type, int n,
              const Atom &atom, DeviceRows<Device> &rows)
{
  const auto first = rows.nall;
  const auto atom_of_row = rows.atom_of_row, row_of_atom = rows.row_of_atom;
  const auto types = rows.types;
  std::int64_t added = 0;
  Kokkos::parallel_scan(
      "natrolite: rows", Kokkos::RangePolicy<Device>(0, n),
      KOKKOS_LAMBDA(const int k, std::int64_t &count, const bool final) {
        const int i = atom(k), t = type_in_model(model_type(type(i)), groups(i));
        if (final) row_of_atom(i) = t < 0 ? -1 : static_cast<int>(first + count);
        if (t < 0) return;
        if (final) {
          atom_of_row(first + count) = i;
          types(first + count) = t;
        }
        ++count;
      },
      added);
  rows.nall += added;
}

/// Atoms that are no center of the list, as LAMMPS leaves out for pair_style hybrid, have no row.
/// \param list, ncenter neighbor list of owned atoms, with center(k)
/// \param type, groups [natoms] host types and group bits; \param model_type [host type] model type or -1
/// \param owner [natoms] owner's local index, for the periodic graph of one rank; empty = ghosts
///   have rows of their own
template <class Device, class List, class Types, class Groups>
void build_rows(const List &list, int ncenter, const Types &type, const Groups &groups,
                const Array<int, Device> &model_type, const Array<int, Device> &owner, int nlocal, int natoms,
                DeviceRows<Device> &rows)
{
  make_room(rows.atom_of_row, natoms);
  make_room(rows.row_of_atom, natoms);
  make_room(rows.types, natoms);
  rows.natoms = natoms;
  rows.nall = 0;
  Kokkos::deep_copy(Kokkos::subview(rows.row_of_atom, std::make_pair(0, nlocal)), -1);
  add_rows(type, groups, model_type, ncenter, CenterOf<List>{list}, rows);
  rows.nowned = rows.nall;
  if (owner.extent(0) == 0)
    return add_rows(type, groups, model_type, natoms - nlocal, FromFirst{nlocal}, rows);
  const auto row_of_atom = rows.row_of_atom;
  Kokkos::parallel_for(
      "natrolite: folded rows", Kokkos::RangePolicy<Device>(nlocal, natoms),
      KOKKOS_LAMBDA(const int j) { row_of_atom(j) = model_type(type(j)) < 0 ? -1 : row_of_atom(owner(j)); });
}

/// EdgeList on a device; see there for the layout.
template <class Device>
struct DeviceEdges {
  Array<double, Device> vectors;        ///< [size, 3] x_j - x_i
  Array<std::int64_t, Device> index;    ///< [2, size] center, neighbor
  Array<std::int64_t, Device> first;    ///< [nowned] first edge of each center
  std::int64_t size = 0;
};

/// Calls f(row of the neighbor, edge vector) for each edge of a center.
template <class Neighbors, class Positions, class Ints, class Longs, class Doubles, class F>
KOKKOS_INLINE_FUNCTION void for_each_edge(const Neighbors &neighbors, int count, int mask, const Positions &x,
                                          const Ints &row_of_atom, const Longs &types,
                                          const Doubles &squared_cutoffs, int ntypes, int i,
                                          std::int64_t center, const F &f)
{
  const double xi[3] = {x(i, 0), x(i, 1), x(i, 2)};
  for (int jj = 0; jj < count; ++jj) {
    const int j = neighbors(jj) & mask;
    const int row = row_of_atom(j);
    if (row < 0) continue;
    const double xj[3] = {x(j, 0), x(j, 1), x(j, 2)};
    double v[3];
    edge_vector(xi, xj, v);
    if (squared_norm(v) < squared_cutoffs(types(center) * ntypes + types(row))) f(row, v);
  }
}

/// Count, scan and fill the edges of the owned rows.
/// \param list a neighbor list view with neighbors(i) and count(i)
/// \param x [natoms, 3] positions; \param squared_cutoffs [ntypes * ntypes]
template <class Device, class List, class Positions>
void build_edges(const List &list, int mask, const Positions &x, const DeviceRows<Device> &rows,
                 const Array<double, Device> &squared_cutoffs, int ntypes, DeviceEdges<Device> &edges)
{
  const auto atom_of_row = rows.atom_of_row, row_of_atom = rows.row_of_atom;
  const auto types = rows.types;
  make_room(edges.first, rows.nowned);
  const auto first = edges.first;
  std::int64_t total = 0;
  Kokkos::parallel_for(
      "natrolite: count edges", Kokkos::RangePolicy<Device>(0, rows.nowned),
      KOKKOS_LAMBDA(const std::int64_t c) {
        const int i = atom_of_row(c);
        std::int64_t count = 0;
        for_each_edge(list.neighbors(i), list.count(i), mask, x, row_of_atom, types, squared_cutoffs, ntypes,
                      i, c, [&](int, const double *) { ++count; });
        first(c) = count;
      });
  Kokkos::parallel_scan(
      "natrolite: scan edges", Kokkos::RangePolicy<Device>(0, rows.nowned),
      KOKKOS_LAMBDA(const std::int64_t c, std::int64_t &sum, const bool final) {
        const std::int64_t count = first(c);
        if (final) first(c) = sum;
        sum += count;
      },
      total);
  edges.size = total;
  make_room(edges.vectors, 3 * total);
  make_room(edges.index, 2 * total);
  const auto vectors = edges.vectors;
  const auto index = edges.index;
  Kokkos::parallel_for(
      "natrolite: fill edges", Kokkos::RangePolicy<Device>(0, rows.nowned),
      KOKKOS_LAMBDA(const std::int64_t c) {
        const int i = atom_of_row(c);
        std::int64_t e = first(c);
        for_each_edge(list.neighbors(i), list.count(i), mask, x, row_of_atom, types, squared_cutoffs, ntypes,
                      i, c, [&](int row, const double *v) {
                        index(e) = c;
                        index(total + e) = row;
                        for (int d = 0; d < 3; ++d) vectors(3 * e + d) = v[d];
                        ++e;
                      });
      });
}

}    // namespace natrolite
