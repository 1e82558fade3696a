// SPDX-License-Identifier: GPL-2.0-only
#include "edges.h"

#include "edge_functions.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace natrolite {

PairCutoffs::PairCutoffs(int ntypes, double cutoff) :
    PairCutoffs(ntypes, std::vector<double>(static_cast<std::size_t>(ntypes) * ntypes, cutoff))
{
  if (!(cutoff > 0.0)) throw std::invalid_argument("cutoff " + std::to_string(cutoff) + " must be positive");
}

PairCutoffs::PairCutoffs(int ntypes, const std::vector<double> &matrix) : ntypes_(ntypes)
{
  if (ntypes < 1 || matrix.size() != static_cast<std::size_t>(ntypes) * ntypes)
    throw std::invalid_argument("cutoff matrix has " + std::to_string(matrix.size()) + " entries for " +
                                std::to_string(ntypes) + " types");
  for (double rc : matrix) {
    if (!(rc >= 0.0)) throw std::invalid_argument("cutoff " + std::to_string(rc) + " must not be negative");
    sq_.push_back(rc * rc);
  }
}

double PairCutoffs::shortest() const
{
  return std::sqrt(*std::min_element(sq_.begin(), sq_.end()));
}

namespace {

  int type_of(const AtomView &atoms, int i)
  {
    return type_in_model(atoms.model_type[atoms.type[i]], atoms.groups[i]);
  }

  void add_row(RowMap &rows, int atom, std::int64_t type)
  {
    rows.row_of_atom[atom] = static_cast<int>(rows.atom_of_row.size());
    rows.atom_of_row.push_back(atom);
    rows.types.push_back(type);
  }

  void start_rows(const NeighborView &list, const AtomView &atoms, RowMap &rows)
  {
    rows.atom_of_row.clear();
    rows.types.clear();
    rows.row_of_atom.assign(atoms.nall, -1);
    for (int ii = 0; ii < list.ncenter; ++ii) {
      const int i = list.ilist[ii];
      const int type = type_of(atoms, i);
      if (i < atoms.nlocal && type >= 0) add_row(rows, i, type);
    }
    rows.nlocal = rows.nowned = rows.nall();
  }

  /// calls f(atom j, edge vector) for each neighbor of atom i closer than the cutoff
  template <class F>
  void for_each_edge(const NeighborView &list, const PairCutoffs &cutoffs, int i, std::int64_t type_i, F &&f)
  {
    const int *neighbors = list.firstneigh[i];
    for (int jj = 0; jj < list.numneigh[i]; ++jj) {
      const int j = neighbors[jj] & list.mask;
      double v[3];
      edge_vector(list.x[i], list.x[j], v);
      f(j, v, [&](std::int64_t type_j) { return squared_norm(v) < cutoffs.squared(type_i, type_j); });
    }
  }

}    // namespace

void build_rows(const NeighborView &list, const AtomView &atoms, GhostRows mode, RowMap &rows)
{
  start_rows(list, atoms, rows);
  for (int j = atoms.nlocal; j < atoms.nall; ++j) {
    const int type = type_of(atoms, j);
    if (type < 0) continue;
    if (mode == GhostRows::folded)
      rows.row_of_atom[j] = rows.row_of_atom[atoms.owner[j]];
    else
      add_row(rows, j, type);
  }
}

std::int64_t build_shell_rows(const NeighborView &list, const AtomView &atoms, const PairCutoffs &cutoffs,
                              int layers, RowMap &rows)
{
  start_rows(list, atoms, rows);
  std::vector<char> listed(atoms.nall, 0);
  for (int ii = 0; ii < list.ncenter; ++ii) listed[list.ilist[ii]] = 1;
  std::int64_t begin = 0, end = rows.nall();
  for (int hop = 0; hop < layers; ++hop) {
    for (std::int64_t row = begin; row < end; ++row) {
      const int i = rows.atom_of_row[row];
      if (!listed[i])
        throw std::runtime_error("a ghost atom " + std::to_string(hop) + " hops away has no neighbor list");
      for_each_edge(list, cutoffs, i, rows.types[row], [&](int j, const double *, auto &&within) {
        const int type = type_of(atoms, j);
        if (type >= 0 && rows.row_of_atom[j] < 0 && within(type)) add_row(rows, j, type);
      });
    }
    begin = end;
    end = rows.nall();
  }
  rows.nlocal = rows.nall();
  return begin;
}

double sum_positions(const RowMap &rows, const double *const *x)
{
  double sum = 0.0;
  for (std::int64_t row = 0; row < rows.nowned; ++row) {
    const double *xi = x[rows.atom_of_row[row]];
    sum += xi[0] + xi[1] + xi[2];
  }
  return sum;
}

namespace {

  /// for a center: calls f(atom j, row of j, vector) for each of its edges
  auto loop_over(const NeighborView &list, const RowMap &rows, const PairCutoffs &cutoffs)
  {
    return [&](std::int64_t center, auto &&f) {
      for_each_edge(list, cutoffs, rows.atom_of_row[center], rows.types[center],
                    [&](int j, const double *v, auto &&within) {
                      const int row = rows.row_of_atom[j];
                      if (row >= 0 && within(rows.types[row])) f(j, row, v);
                    });
    };
  }

}    // namespace

template <class F>
void EdgeList::count(std::int64_t ncenter_rows, F &&loop)
{
  first_[0] = 0;
  for (std::int64_t c = 0; c < ncenter_rows; ++c) {
    std::int64_t edges = 0;
    loop(c, [&](int, int, const double *) { ++edges; });
    first_[c + 1] = first_[c] + edges;
  }
}

void EdgeList::build(const NeighborView &list, const RowMap &rows, const PairCutoffs &cutoffs,
                     std::int64_t ncenter_rows)
{
  const auto loop = loop_over(list, rows, cutoffs);
  first_.resize(ncenter_rows + 1);
  count(ncenter_rows, loop);
  compact_ = false;
  resize(first_[ncenter_rows]);
  for (std::int64_t c = 0; c < ncenter_rows; ++c) {
    std::int64_t e = first_[c];
    loop(c, [&](int, int row, const double *v) {
      index_[e] = c;
      index_[size_ + e] = row;
      std::copy_n(v, 3, &vec_[3 * e]);
      ++e;
    });
  }
}

void EdgeList::build_compact(const NeighborView &list, const RowMap &rows, const PairCutoffs &cutoffs,
                             std::int64_t ncenter_rows)
{
  const auto loop = loop_over(list, rows, cutoffs);
  first_.resize(rows.nlocal + 1);
  count(ncenter_rows, loop);
  std::fill(first_.begin() + ncenter_rows, first_.end(), first_[ncenter_rows]);
  compact_ = true;
  resize(first_[ncenter_rows]);
  auto to = atoms_.begin();
  for (std::int64_t c = 0; c < ncenter_rows; ++c) loop(c, [&](int j, int, const double *) { *to++ = j; });
}

/// the memory of the other form is given back, but for small buffers
void EdgeList::resize(std::int64_t n)
{
  size_ = n;
  const std::int64_t plain = compact_ ? 0 : n, compact = compact_ ? n : 0;
  if (!capacity_fits(static_cast<std::int64_t>(atoms_.size()), compact)) {
    std::vector<std::int32_t>().swap(atoms_);    // first, and not by resize(), which doubles and copies
    atoms_ = std::vector<std::int32_t>(compact_ ? grown_capacity(n) : 0);
  }
  if (capacity_fits(static_cast<std::int64_t>(vec_.size() / 3), plain)) return;
  std::vector<double>().swap(vec_);
  std::vector<std::int64_t>().swap(index_);
  vec_ = std::vector<double>(compact_ ? 0 : 3 * grown_capacity(n));
  index_ = std::vector<std::int64_t>(compact_ ? 0 : 2 * grown_capacity(n));
}

void EdgeList::assign(std::int64_t n, const double *vectors, const std::int64_t *index)
{
  compact_ = false;
  resize(n);
  std::copy_n(vectors, 3 * n, vec_.data());
  std::copy_n(index, 2 * n, index_.data());
}

double EdgeList::memory_bytes() const
{
  return static_cast<double>(vec_.capacity()) * sizeof(double) +
         static_cast<double>(index_.capacity() + first_.capacity()) * sizeof(std::int64_t) +
         static_cast<double>(atoms_.capacity()) * sizeof(std::int32_t);
}

}    // namespace natrolite
