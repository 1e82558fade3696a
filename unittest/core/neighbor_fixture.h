// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A periodic structure the way a host code sees it: owned atoms, ghosts, a full neighbor list.
#pragma once

#include "core/edges.h"
#include "core/periodic_edges.h"

#include <array>
#include <cmath>
#include <vector>

/// Ghosts are all images within `ghost_cutoff` of the owned atoms' bounding sphere (many too many).
struct HostAtoms {
  std::vector<std::array<double, 3>> positions;
  std::vector<int> type, groups, owner;
  std::vector<const double *> x;
  std::vector<std::vector<int>> lists;
  std::vector<const int *> first;
  std::vector<int> count, ilist;
  int nlocal = 0;
  bool ghost_lists = false;

  HostAtoms(const natrolite::Structure &s, const std::vector<int> &types, int images, double list_cutoff,
            bool ghost_centers = false) : ghost_lists(ghost_centers)
  {
    nlocal = static_cast<int>(s.positions.size());
    add_image(s, types, 0, 0, 0);
    for (int a = -images; a <= images; ++a)
      for (int b = -images; b <= images; ++b)
        for (int c = -images; c <= images; ++c)
          if ((a || b || c) && (s.periodic[0] || !a) && (s.periodic[1] || !b) && (s.periodic[2] || !c))
            add_image(s, types, a, b, c);
    for (const auto &p : positions) x.push_back(p.data());
    build_lists(list_cutoff);
  }

  natrolite::NeighborView neighbors() const
  {
    natrolite::NeighborView view;
    view.ncenter = static_cast<int>(ilist.size());
    view.ilist = ilist.data();
    view.numneigh = count.data();
    view.firstneigh = first.data();
    view.mask = 0x1FFFFFFF;
    view.x = x.data();
    return view;
  }

  natrolite::AtomView atoms(const std::vector<int> &model_type) const
  {
    return {nlocal,      static_cast<int>(positions.size()), type.data(), groups.data(), model_type.data(),
            owner.data()};
  }

private:
  void add_image(const natrolite::Structure &s, const std::vector<int> &types, int a, int b, int c)
  {
    for (int i = 0; i < nlocal; ++i) {
      const natrolite::Vec3 p = s.positions[i] + a * s.cell[0] + b * s.cell[1] + c * s.cell[2];
      positions.push_back({p.x, p.y, p.z});
      type.push_back(types[i]);
      groups.push_back(1);    // all
      owner.push_back(i);
    }
  }

  void build_lists(double cutoff)
  {
    const int n = static_cast<int>(positions.size());
    lists.resize(n);
    const int ncenter = ghost_lists ? n : nlocal;
    for (int i = ncenter - 1; i >= 0; --i) {    // a list order that is not the atom order
      ilist.push_back(i);
      for (int j = 0; j < n; ++j) {
        double rsq = 0.0;
        for (int d = 0; d < 3; ++d) rsq += std::pow(positions[j][d] - positions[i][d], 2);
        if (i != j && rsq < cutoff * cutoff) lists[i].push_back(j | (1 << 30));    // a special bit
      }
    }
    for (const auto &l : lists) {
      first.push_back(l.data());
      count.push_back(static_cast<int>(l.size()));
    }
  }
};
