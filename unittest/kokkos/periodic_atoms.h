// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Random atoms in a periodic cube with their ghosts and a full neighbor list of any size, as
/// LAMMPS gives them to a pair style. The third of three types is not in the model, nor is every eleventh
/// atom, which a trial move has put aside.
#pragma once

#include "core/edges.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

struct PeriodicAtoms {
  static constexpr double REACH = 2.4;    ///< of the list; the cutoffs of the model are shorter
  static constexpr int SPECIAL = 1 << 30;
  const std::vector<int> model_type{-1, 0, 1, -1};
  const natrolite::PairCutoffs cutoffs{2, {2.0, 1.7, 1.6, 2.2}};    ///< not symmetric

  int nlocal = 0, nall = 0;
  std::vector<double> x;    ///< [nall, 3]
  std::vector<int> type, groups, owner, ilist, count, first, entries;
  std::vector<const double *> rows;
  std::vector<const int *> lists;

  /// n atoms, one per unit of volume; a single one has itself as neighbor, several times
  explicit PeriodicAtoms(int n) : nlocal(n), side_(std::max(1.2, std::cbrt(n)))
  {
    std::mt19937_64 random(n);
    std::uniform_real_distribution<double> place(0.0, side_);
    for (int i = 0; i < n; ++i) {
      for (int d = 0; d < 3; ++d) x.push_back(place(random));
      type.push_back(1 + static_cast<int>(random() % 3));
      groups.push_back(i % 11 == 10 ? 2 : 1);
      owner.push_back(i);
    }
    if (n == 1) type[0] = 1;
    add_ghosts();
    build_lists();
    for (int i = 0; i < nall; ++i) {
      rows.push_back(&x[3 * i]);
      lists.push_back(entries.data() + first[i]);
    }
  }

  natrolite::NeighborView neighbors() const
  {
    return {nlocal, ilist.data(), count.data(), lists.data(), ~SPECIAL, rows.data()};
  }
  natrolite::AtomView atoms() const
  {
    return {nlocal, nall, type.data(), groups.data(), model_type.data(), owner.data()};
  }

private:
  void add_ghosts()
  {
    const int most = static_cast<int>(std::ceil(REACH / side_));
    for (int a = -most; a <= most; ++a)
      for (int b = -most; b <= most; ++b)
        for (int c = -most; c <= most; ++c)
          for (int i = 0; (a || b || c) && i < nlocal; ++i) add_image(i, {a, b, c});
    nall = static_cast<int>(type.size());
  }

  void add_image(int i, const std::array<int, 3> &cell)
  {
    std::array<double, 3> p;
    for (int d = 0; d < 3; ++d) {
      p[d] = x[3 * i + d] + cell[d] * side_;
      if (p[d] < -REACH || p[d] >= side_ + REACH) return;
    }
    x.insert(x.end(), p.begin(), p.end());
    type.push_back(type[i]);
    groups.push_back(groups[i]);
    owner.push_back(i);
  }

  /// cells of a grid no finer than REACH; the order of the list is not that of the atoms
  void build_lists()
  {
    const int cells = static_cast<int>((side_ + 2 * REACH) / REACH);
    const double width = (side_ + 2 * REACH) / cells;
    const auto cell_of = [&](int i, int d) {
      return std::clamp(static_cast<int>((x[3 * i + d] + REACH) / width), 0, cells - 1);
    };
    std::vector<std::vector<int>> grid(static_cast<std::size_t>(cells) * cells * cells);
    const auto cell = [&](int a, int b, int c) -> auto & { return grid[(a * cells + b) * cells + c]; };
    for (int i = 0; i < nall; ++i) cell(cell_of(i, 0), cell_of(i, 1), cell_of(i, 2)).push_back(i);
    first.assign(nall, 0);
    count.assign(nall, 0);
    for (int i = nlocal - 1; i >= 0; --i) {
      ilist.push_back(i);
      first[i] = static_cast<int>(entries.size());
      const int at[3] = {cell_of(i, 0), cell_of(i, 1), cell_of(i, 2)};
      for (int m = 0; m < 27; ++m) {
        const int to[3] = {at[0] + m / 9 - 1, at[1] + m / 3 % 3 - 1, at[2] + m % 3 - 1};
        if (std::all_of(to, to + 3, [&](int k) { return k >= 0 && k < cells; }))
          list_near(i, cell(to[0], to[1], to[2]));
      }
      count[i] = static_cast<int>(entries.size()) - first[i];
    }
  }

  void list_near(int i, const std::vector<int> &candidates)
  {
    for (const int j : candidates) {
      double rsq = 0.0;
      for (int d = 0; d < 3; ++d) rsq += std::pow(x[3 * j + d] - x[3 * i + d], 2);
      if (i != j && rsq < REACH * REACH) entries.push_back(j % 7 == 0 ? j | SPECIAL : j);
    }
  }

  double side_;
};
