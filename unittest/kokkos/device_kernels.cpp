// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The Kokkos loops of device_edges.h, device_scatter.h and device_messages.h alone, on the device
/// and on the host's threads, against core's plain loops, for 0, 1, 131 and 40000 atoms.
///
/// A program without LAMMPS and without a test framework, so that it also builds where neither is.
/// Prints one line per size and space; exit code 1 if anything differs.

#include "device_messages.h"
#include "device_scatter.h"
#include "periodic_atoms.h"

#include "core/edge_scatter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>

using namespace natrolite;

namespace {

int failures = 0;

void expect(bool good, const std::string &what)
{
  if (good) return;
  std::printf("  differs: %s\n", what.c_str());
  ++failures;
}

/// the largest difference relative to the largest number (at least 1) is rounding
void expect_close(const std::vector<double> &found, const std::vector<double> &plain, const std::string &what)
{
  double size = 1.0, apart = 0.0;
  for (std::size_t k = 0; k < plain.size(); ++k) {
    size = std::max(size, std::abs(plain[k]));
    apart = std::max(apart, std::abs(found[k] - plain[k]));
  }
  expect(found.size() == plain.size() && apart <= 1e-12 * size, what);    // false for NaN
}

std::vector<double> random_numbers(std::size_t n, unsigned seed)
{
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> number(-1.0, 1.0);
  std::vector<double> out(n);
  for (double &v : out) v = number(random);
  return out;
}

/// the list of PeriodicAtoms where Device computes
template <class Device>
struct DeviceList {
  Array<int, Device> ilist, counts, first, entries;

  explicit DeviceList(const PeriodicAtoms &atoms)
  {
    copy_in(ilist, atoms.ilist);
    copy_in(counts, atoms.count);
    copy_in(first, atoms.first);
    copy_in(entries, atoms.entries);
  }
  struct Of {
    const int *list;
    KOKKOS_INLINE_FUNCTION int operator()(int jj) const { return list[jj]; }
  };
  KOKKOS_INLINE_FUNCTION int center(int ii) const { return ilist(ii); }
  KOKKOS_INLINE_FUNCTION int count(int i) const { return counts(i); }
  KOKKOS_INLINE_FUNCTION Of neighbors(int i) const { return {entries.data() + first(i)}; }
};

template <class Device>
using Triples = Kokkos::View<double *[3], Kokkos::LayoutRight, Device>;

template <class Device, int N>
std::vector<double> on_host(const Tally<Device, N> &tally)
{
  const auto copy = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), tally);
  return {copy.data(), copy.data() + copy.size()};
}

/// [atom][N] for core's loops
template <int N>
struct PlainTally {
  std::vector<double> values;
  std::vector<double *> rows;
  explicit PlainTally(int n) : values(static_cast<std::size_t>(n) * N, 0.0)
  {
    for (int i = 0; i < n; ++i) rows.push_back(&values[static_cast<std::size_t>(i) * N]);
  }
};

template <class Device>
Triples<Device> positions(const PeriodicAtoms &atoms)
{
  const Triples<Device> x("x", atoms.nall);
  const Kokkos::View<const double *[3], Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>
      host_x(atoms.x.data(), atoms.nall);
  Kokkos::deep_copy(x, host_x);
  return x;
}

/// The rows and edges of one size and mode, plain and on a device.
template <class Device>
struct Both {
  RowMap rows;
  EdgeList edges;
  DeviceRows<Device> device_rows;
  DeviceEdges<Device> device_edges;
};

template <class Device>
Both<Device> build(const PeriodicAtoms &atoms, GhostRows mode)
{
  Both<Device> b;
  build_rows(atoms.neighbors(), atoms.atoms(), mode, b.rows);
  b.edges.build(atoms.neighbors(), b.rows, atoms.cutoffs, b.rows.nowned);

  Array<int, Device> type, groups, model_type, owner;
  copy_in(type, atoms.type);
  copy_in(groups, atoms.groups);
  copy_in(model_type, atoms.model_type);
  if (mode == GhostRows::folded && atoms.nall > 0) copy_in(owner, atoms.owner);
  const DeviceList<Device> list(atoms);
  build_rows(list, atoms.nlocal, type, groups, model_type, owner, atoms.nlocal, atoms.nall, b.device_rows);

  std::vector<double> squared;
  for (int s = 0; s < 2; ++s)
    for (int t = 0; t < 2; ++t) squared.push_back(atoms.cutoffs.squared(s, t));
  Array<double, Device> cutoffs;
  copy_in(cutoffs, squared);
  const auto x = positions<Device>(atoms);
  build_edges(list, ~PeriodicAtoms::SPECIAL, x, b.device_rows, cutoffs, 2, b.device_edges);
  return b;
}

template <class Device>
void compare_graphs(const Both<Device> &b)
{
  RowMap rows;
  b.device_rows.copy_to(rows);
  expect(rows.atom_of_row == b.rows.atom_of_row, "atom_of_row");
  expect(rows.row_of_atom == b.rows.row_of_atom, "row_of_atom");
  expect(rows.types == b.rows.types && rows.nowned == b.rows.nowned, "types, nowned");
  const std::int64_t n = b.edges.size();
  expect(b.device_edges.size == n, "number of edges");
  if (b.device_edges.size != n) return;
  std::vector<double> vectors;
  std::vector<std::int64_t> index;
  copy_out(b.device_edges.vectors, 3 * n, vectors);
  copy_out(b.device_edges.index, 2 * n, index);
  expect(std::equal(vectors.begin(), vectors.end(), b.edges.vectors()), "edge vectors");
  expect(std::equal(index.begin(), index.end(), b.edges.index()), "edge index");
}

/// on threads as the pair style does: a copy of the sums for each; on a GPU atomic operations
template <class Device>
using Duplication = std::conditional_t<
    Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Device::memory_space>::accessible,
    Kokkos::Experimental::ScatterDuplicated, Kokkos::Experimental::ScatterNonDuplicated>;

template <class Device>
void compare_sums(const PeriodicAtoms &atoms, const Both<Device> &b, bool virials)
{
  const int n = atoms.nall;
  const double scale = 1.7;
  const auto gradient = random_numbers(3 * b.edges.size(), 5);
  const auto energy = random_numbers(b.rows.nowned, 6);
  PlainTally<3> force(n);
  PlainTally<1> energies(n);
  PlainTally<6> six(n);
  PlainTally<9> nine(n);
  double total = 0.0;
  std::vector<double> virial(6, 0.0);
  AtomSums sums{force.rows.data(), &total, energies.values.data()};
  if (virials) {
    sums.virial = virial.data();
    sums.virial_atom = six.rows.data();
    sums.centroid_atom = nine.rows.data();
  }
  scatter_energy(b.rows, energy.data(), scale, sums);
  const double all = scatter_edges(b.rows, b.edges, gradient.data(), scale, sums);

  Array<double, Device> device_gradient, device_energy;
  copy_in(device_gradient, gradient);
  copy_in(device_energy, energy);
  const Triples<Device> device_force("force", n);
  const Tally<Device, 1> device_energies("energies", n);
  const Tally<Device, 6> device_six("six", virials ? n : 0);
  const Tally<Device, 9> device_nine("nine", virials ? n : 0);
  const RowSums device_total =
      scatter_energy(b.device_rows, device_energy.data(), scale, positions<Device>(atoms), device_energies);
  const EdgeSums device_virial =
      scatter_edges<Duplication<Device>>(b.device_rows, b.device_edges, device_gradient.data(), scale,
                                         virials, device_force, device_six, device_nine);
  expect_close({device_total.energy}, {total}, "energy");
  expect_close({device_virial.all}, {all}, "sum of all gradients");
  expect_close(on_host(device_energies), energies.values, "energies of atoms");
  expect_close(on_host(device_force), force.values, "forces");
  if (!virials) return;
  expect_close({device_virial.virial, device_virial.virial + 6}, virial, "virial");
  expect_close(on_host(device_six), six.values, "virials of atoms");
  expect_close(on_host(device_nine), nine.values, "centroid virials of atoms");
}

/// Columns 2 to 4 of 7 go out in messages of 4 words, come back doubled, and are set, then added.
template <class T, class Device>
void compare_messages(const PeriodicAtoms &atoms, const Both<Device> &b)
{
  constexpr int WIDTH = 7, BEGIN = 2, COUNT = 3, WORDS = 4, ROOM = WORDS * sizeof(double) / sizeof(T);
  const auto numbers = random_numbers(WIDTH * b.rows.nall(), 7);
  std::vector<T> features(numbers.begin(), numbers.end());
  Kokkos::View<T *, Device> device_features("features", features.size());
  const Kokkos::View<T *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> host(features.data(), features.size());
  Kokkos::deep_copy(device_features, host);
  const int n = atoms.nlocal;
  const Array<double, Device> message("message", static_cast<std::size_t>(n) * WORDS);
  const Columns columns{device_features.data(), WIDTH, BEGIN, COUNT, sizeof(T), WORDS};
  Array<int, Device> listed;
  copy_in(listed, atoms.ilist);
  const FromList<Array<int, Device>> from{listed};
  pack_rows(n, columns, b.device_rows.row_of_atom, from, message.data());
  const auto words = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), message);
  auto *elements = reinterpret_cast<T *>(words.data());
  bool packed = true;
  for (int k = 0; k < n; ++k) {
    const int row = b.rows.row_of_atom[atoms.ilist[k]];
    for (int c = 0; c < ROOM; ++c) {
      T &element = elements[static_cast<std::size_t>(k) * ROOM + c];
      T *mine =
          row < 0 || c >= COUNT ? nullptr : &features[static_cast<std::size_t>(row) * WIDTH + BEGIN + c];
      packed = packed && element == (mine ? *mine : T(0));
      element *= 2;
      if (mine) *mine = element + element;    // set to it, then it is added
    }
  }
  expect(packed, "packed columns");
  Kokkos::deep_copy(message, words);
  replace_rows(n, columns, b.device_rows.row_of_atom, from, message.data());
  add_to_rows(n, columns, b.device_rows.row_of_atom, from, message.data());
  const auto found = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), device_features);
  expect(std::equal(features.begin(), features.end(), found.data()), "features after messages");
}

template <class Device>
void compare(const PeriodicAtoms &atoms)
{
  const int before = failures;
  for (const GhostRows mode : {GhostRows::folded, GhostRows::ghost}) {
    const auto b = build<Device>(atoms, mode);
    compare_graphs(b);
    if (b.edges.size() != b.device_edges.size) continue;
    for (const bool virials : {false, true}) compare_sums(atoms, b, virials);
    compare_messages<float>(atoms, b);
    compare_messages<double>(atoms, b);
    std::printf("%s %s: %d atoms, %d with ghosts, %lld edges: %s\n", Device::name(),
                mode == GhostRows::folded ? "folded" : "ghost", atoms.nlocal, atoms.nall,
                static_cast<long long>(b.edges.size()), failures == before ? "same" : "DIFFERENT");
  }
}

}    // namespace

int main(int argc, char **argv)
{
  const Kokkos::ScopeGuard kokkos(argc, argv);
  using Device = Kokkos::DefaultExecutionSpace;
  using Host = Kokkos::DefaultHostExecutionSpace;
  for (const int n : {0, 1, 131, 40000}) {
    const PeriodicAtoms atoms(n);
    compare<Device>(atoms);
    if constexpr (!std::is_same_v<Device, Host>) compare<Host>(atoms);
  }
  std::printf("%d difference(s)\n", failures);
  return failures ? 1 : 0;
}
