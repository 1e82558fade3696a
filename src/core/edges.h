// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Directed edges of a neighbor graph, built count - scan - fill from a full neighbor list.
#pragma once

#include <cstdint>
#include <vector>

namespace natrolite {

/// Squared cutoffs per ordered pair of model types, row-major [ntypes, ntypes].
class PairCutoffs {
public:
  PairCutoffs() = default;
  /// one cutoff for all pairs; throws std::invalid_argument unless cutoff > 0
  PairCutoffs(int ntypes, double cutoff);
  /// a full matrix, row-major; throws std::invalid_argument on a wrong size or a negative entry
  PairCutoffs(int ntypes, const std::vector<double> &matrix);
  double squared(std::int64_t center, std::int64_t neighbor) const
  {
    return sq_[center * ntypes_ + neighbor];
  }
  /// of all pairs
  double shortest() const;
  int ntypes() const { return ntypes_; }

private:
  int ntypes_ = 0;
  std::vector<double> sq_;
};

/// A full neighbor list and the atoms it refers to (views; layout of LAMMPS' arrays).
struct NeighborView {
  int ncenter = 0;                           ///< centers in the list (owned atoms first, then ghosts)
  const int *ilist = nullptr;                ///< [ncenter] atom index of each center
  const int *numneigh = nullptr;             ///< [atom] number of neighbors
  const int *const *firstneigh = nullptr;    ///< [atom] neighbors; high bits may be set
  int mask = ~0;                             ///< bits of an entry that hold the atom index
  const double *const *x = nullptr;          ///< [atom][3] positions
};

/// Rows of the model's tensors against atoms of the host code.
struct RowMap {
  std::int64_t nlocal = 0;            ///< rows whose energy the model returns
  std::int64_t nowned = 0;            ///< rows that are atoms of this rank (the first ones)
  std::vector<int> atom_of_row;       ///< [nall]
  std::vector<int> row_of_atom;       ///< [atoms]; -1 = the atom is not in the model
  std::vector<std::int64_t> types;    ///< [nall] model type of each row
  std::int64_t nall() const { return static_cast<std::int64_t>(atom_of_row.size()); }
};

/// How ghost atoms become rows.
enum class GhostRows {
  folded,    ///< a ghost is the row of its owner (one rank, periodic graph)
  ghost,     ///< every ghost has a row of its own, behind the owned rows
  shell      ///< ghosts within `layers` hops are centers too; all rows are local to the model
};

/// Atoms as the row map needs them.
struct AtomView {
  int nlocal = 0;                     ///< atoms owned by this rank
  int nall = 0;                       ///< owned and ghost atoms
  const int *type = nullptr;          ///< [nall] host types
  const int *groups = nullptr;        ///< [nall] host group bits, see type_in_model()
  const int *model_type = nullptr;    ///< [host type] model type or -1
  const int *owner = nullptr;         ///< [nall] owner's local index (folded only)
};

/// Rows for `folded` and `ghost`: the list's owned centers in list order, then the ghosts.
void build_rows(const NeighborView &list, const AtomView &atoms, GhostRows mode, RowMap &rows);

/// Rows for `shell`: owned centers, then ghosts reached within `layers` hops, breadth first.
/// Returns the number of rows that need edges (hops < layers); those rows come first.
/// Throws std::runtime_error if a ghost center that needs edges has no neighbor list.
std::int64_t build_shell_rows(const NeighborView &list, const AtomView &atoms, const PairCutoffs &cutoffs,
                              int layers, RowMap &rows);

/// Sum of the coordinates of the owned rows, which is not finite if any of them is not: an atom without
/// a position has no edges either.
double sum_positions(const RowMap &rows, const double *const *x);

/// Room for n elements and some more, so that buffers of a size that wavers are not made anew again and
/// again: 1/8, far more than edges waver by in a run at equilibrium, and what a few atoms need.
constexpr std::int64_t grown_capacity(std::int64_t n)
{
  return n + n / 8 + 1000;
}

/// A buffer that has room for n elements is kept, unless it has twice what grown_capacity() gives.
constexpr bool capacity_fits(std::int64_t room, std::int64_t n)
{
  return n <= room && room / 2 <= grown_capacity(n);
}

/// Edge list with buffers that grow and are reused. See grown_capacity().
class EdgeList {
public:
  /// Edges of the first `ncenter_rows` rows to neighbors with r < cutoff, sorted by center row.
  void build(const NeighborView &list, const RowMap &rows, const PairCutoffs &cutoffs,
             std::int64_t ncenter_rows);

  /// The same edges without vectors, by the atoms of the neighbors.
  void build_compact(const NeighborView &list, const RowMap &rows, const PairCutoffs &cutoffs,
                     std::int64_t ncenter_rows);

  /// n edges from elsewhere: vectors [n, 3], index [2, n]
  void assign(std::int64_t n, const double *vectors, const std::int64_t *index);

  std::int64_t size() const { return size_; }
  /// Which form do the edges have? One has vectors(), index(), centers() and neighbors(), the other has
  /// first() and atoms().
  bool compact() const { return compact_; }
  const std::int64_t *first() const { return first_.data(); }    ///< [rows + 1] edges of a center
  const std::int32_t *atoms() const { return atoms_.data(); }    ///< [size] atom of the neighbor
  const double *vectors() const { return vec_.data(); }          ///< [size, 3] x_j - x_i
  const std::int64_t *index() const { return index_.data(); }    ///< [2, size] center, neighbor
  const std::int64_t *centers() const { return index_.data(); }
  const std::int64_t *neighbors() const { return index_.data() + size_; }
  double memory_bytes() const;

private:
  template <class F>
  void count(std::int64_t ncenter_rows, F &&loop);
  void resize(std::int64_t n);

  bool compact_ = false;
  std::int64_t size_ = 0;
  std::vector<double> vec_;
  std::vector<std::int64_t> index_;
  std::vector<std::int64_t> first_;
  std::vector<std::int32_t> atoms_;
};

}    // namespace natrolite
